
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_initial'),
        ('health', '0002_trial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LearnedModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(max_length=20)),
                ('body', models.TextField()),
                ('report', models.JSONField()),
                ('verdict', models.CharField(max_length=40)),
                ('drift', models.JSONField(default=list)),
                ('watch', models.JSONField(default=dict)),
                ('watched_at', models.DateTimeField(blank=True, null=True)),
                ('trained_at', models.DateTimeField()),
                ('trained_by', models.CharField(blank=True, max_length=254)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name='AccountPrediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateTimeField()),
                ('chance', models.FloatField(db_index=True)),
                ('chances', models.JSONField(default=dict)),
                ('survival', models.JSONField(default=list)),
                ('reasons', models.JSONField(default=list)),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='prediction', to='accounts.account')),
                ('learned', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='health.learnedmodel')),
            ],
        ),
    ]
