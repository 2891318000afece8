from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0004_stripe_parts")]

    operations = [
        migrations.AddField("importrun", "rows_left_out", models.BigIntegerField(default=0)),
    ]
