from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "tenure.kit"
    label = "kit"
