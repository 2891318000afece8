from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0002_stripe")]

    operations = [
        migrations.AddField("importrun", "notes", models.JSONField(default=list)),
    ]
