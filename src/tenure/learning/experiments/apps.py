from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "tenure.learning.experiments"
    label = "archive"
    default_auto_field = "django.db.models.BigAutoField"
