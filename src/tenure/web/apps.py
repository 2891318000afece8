from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "tenure.web"
    label = "web"

    def ready(self) -> None:
        from tenure.web import routing, workspace_name
        from tenure.web.facts import bulk, import_job

        workspace_name.register()
        routing.wire()
        import_job.register()
        bulk.register()
