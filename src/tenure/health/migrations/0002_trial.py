
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('health', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=20)),
                ('body', models.TextField(blank=True)),
                ('against', models.CharField(max_length=80)),
                ('based_on', models.PositiveIntegerField(default=0)),
                ('start', models.DateTimeField(blank=True, null=True)),
                ('end', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(default='waiting', max_length=20)),
                ('error', models.TextField(blank=True)),
                ('verdict', models.CharField(blank=True, max_length=40)),
                ('result', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(blank=True, max_length=254)),
                ('adopted_version', models.PositiveIntegerField(blank=True, null=True)),
                ('adopted_at', models.DateTimeField(blank=True, null=True)),
                ('adopted_by', models.CharField(blank=True, max_length=254)),
            ],
        ),
    ]
