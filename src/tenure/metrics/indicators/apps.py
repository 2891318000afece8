from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "tenure.metrics.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.metrics.indicators import documents, jobs

        documents.register()
        jobs.register()
