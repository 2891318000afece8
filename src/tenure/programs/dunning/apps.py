from django.apps import AppConfig


class DunningConfig(AppConfig):
    name = "tenure.programs.dunning"
    label = "dunning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import erasure
        from tenure.programs.dunning import documents, duties, erasing

        documents.register()
        duties.register()
        erasure.register(erasing.PART)
