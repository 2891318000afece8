from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "tenure.documents.board"
    label = "board"
