from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "tenure.web"
    label = "web"

    def ready(self) -> None:
        from tenure import slices
        from tenure.web.slice import SLICE

        slices.install((*slices.SLICES, SLICE))
