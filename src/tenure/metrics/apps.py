from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "tenure.metrics"
    label = "metrics"

    def ready(self) -> None:
        from tenure.metrics import policy

        policy.register()
