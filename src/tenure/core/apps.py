from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tenure.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.core import checkpoint, operations, policy, roles

        checkpoint.register()

        policy.register(
            policy.PolicyDocument(
                roles.DOCUMENT, "Roles", roles.DEFAULT, roles.parse, "Who may see and do what."
            )
        )
        policy.register(
            policy.PolicyDocument(
                operations.DOCUMENT,
                "Operations",
                operations.DEFAULT,
                operations.parse,
                "What the doctor takes as well, and how backups are made.",
            )
        )
