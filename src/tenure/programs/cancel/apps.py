from django.apps import AppConfig


class CancelConfig(AppConfig):
    name = "tenure.programs.cancel"
    label = "cancel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import erasure
        from tenure.programs.cancel import documents, duties, erasing

        documents.register()
        duties.register()
        erasure.register(erasing.PART)
