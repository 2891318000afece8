from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "tenure.plays.portfolio"
    label = "portfolio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import erasure
        from tenure.facts.routing import ROUTING
        from tenure.plays.portfolio import policy
        from tenure.plays.portfolio.erasing import PART
        from tenure.plays.portfolio.hand_offs import EVENT, HANDLER

        policy.register()
        erasure.register(PART)
        told = ROUTING.handlers.setdefault(EVENT, [])
        if HANDLER not in told:
            told.append(HANDLER)
