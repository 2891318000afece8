from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "tenure.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.channels import gate
        from tenure.health import jobs, pipeline, policy, scoring
        from tenure.health.learned import predicting
        from tenure.health.queries import accounts_at_risk

        policy.register()
        jobs.register()
        gate.know_trouble(accounts_at_risk)
        if predicting.before_scoring not in scoring.BEFORE_LIVE:
            pipeline.ALSO_ASKED.append(predicting.fields)
            scoring.BEFORE_LIVE.append(predicting.before_scoring)
