from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "tenure.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.channels import gate
        from tenure.health import jobs, policy
        from tenure.health.queries import accounts_at_risk

        policy.register()
        jobs.register()
        gate.know_trouble(accounts_at_risk)
