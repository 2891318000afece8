from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "tenure.facts"
    label = "facts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import contracts, duties, feelings, ingest_policy, watch

        contracts.register()
        feelings.register()
        ingest_policy.register()
        duties.register()
        watch.register()
