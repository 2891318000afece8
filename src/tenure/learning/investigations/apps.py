from django.apps import AppConfig


class InvestigationsConfig(AppConfig):
    name = "tenure.learning.investigations"
    label = "investigations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts import erasure
        from tenure.learning.investigations import documents, duties, erasing
        from tenure.learning.texts import reading

        documents.register()
        duties.register()
        erasure.register(erasing.PART)
        reading.register()
