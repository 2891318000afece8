from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tenure.plays.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts.routing import ROUTING
        from tenure.plays.tasks import duties, numbers, promises

        numbers.register()
        duties.register()
        told = ROUTING.handlers.setdefault(f"events:{promises.EVENT}", [])
        if "tenure.plays.tasks.promises.on_help_wanted" not in told:
            told.append("tenure.plays.tasks.promises.on_help_wanted")
