from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "tenure.documents.board"
    label = "board"

    def ready(self) -> None:
        from tenure.core import policy
        from tenure.documents.board import spec

        policy.register(
            policy.PolicyDocument(
                spec.DOCUMENT, "Board", spec.DEFAULT, spec.parse,
                "The figures that retention is steered by, and their targets.",
            )
        )  # fmt: skip
