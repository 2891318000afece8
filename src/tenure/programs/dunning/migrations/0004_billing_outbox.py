"""Asking billing is the outbox's now: a case holds no lease of its own. One that was held is left:
the step is due still, and is handed in under the key that the billing system knows."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("dunning", "0003_leases")]

    operations = [migrations.RemoveField(model_name="case", name="lease_until")]
