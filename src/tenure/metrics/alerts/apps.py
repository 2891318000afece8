from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "tenure.metrics.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.health import scoring
        from tenure.metrics.alerts import documents, duties, risk

        documents.register()
        duties.register()
        if risk.after_scoring not in scoring.AFTER_LIVE:
            scoring.AFTER_LIVE.append(risk.after_scoring)
