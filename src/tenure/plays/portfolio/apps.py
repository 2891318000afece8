from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "tenure.plays.portfolio"
    label = "portfolio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.plays.portfolio import policy

        policy.register()
