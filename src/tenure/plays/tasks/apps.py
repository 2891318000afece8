from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tenure.plays.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.plays.tasks import duties, numbers

        numbers.register()
        duties.register()
