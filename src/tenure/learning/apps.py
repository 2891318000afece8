from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "tenure.learning"
    label = "learning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.learning.audit import documents, jobs

        documents.register()
        jobs.register()
