from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "tenure.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.channels import duties, erasing
        from tenure.core import policy
        from tenure.facts import erasure

        policy.register(duties.document())
        duties.register()
        erasure.register(erasing.PART)
