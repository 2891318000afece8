from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tenure.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.accounts.erasing import PART
        from tenure.accounts.handlers import HANDLERS
        from tenure.facts import erasure
        from tenure.facts.routing import ROUTING

        for table, names in HANDLERS.items():
            told = ROUTING.handlers.setdefault(table, [])
            told.extend(name for name in names if name not in told)
        erasure.register(PART)
