from django.apps import AppConfig


class CancelConfig(AppConfig):
    name = "tenure.programs.cancel"
    label = "cancel"
    default_auto_field = "django.db.models.BigAutoField"
