from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("cancel", "0003_acts_to_billing")]

    operations = [migrations.DeleteModel(name="Act")]
