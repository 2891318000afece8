from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "tenure.learning.archive"
    label = "archive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import erasure
        from tenure.learning.archive import erasing

        erasure.register(erasing.PART)
