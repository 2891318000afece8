from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "tenure.web"
    label = "web"

    def ready(self) -> None:
        from tenure.web import routing, workspace_name

        workspace_name.register()
        routing.wire()
