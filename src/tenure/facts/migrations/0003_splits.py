from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('facts', '0002_batch_needs_no_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdentitySplit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('alias', models.CharField(max_length=255)),
                ('person_id', models.CharField(db_index=True, max_length=255)),
                ('split_at', models.DateTimeField()),
                ('split_by', models.CharField(blank=True, max_length=254)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('alias', 'person_id'), name='identity_split_once')],
            },
        ),
    ]
