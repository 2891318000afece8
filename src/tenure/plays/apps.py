from django.apps import AppConfig


class PlaysConfig(AppConfig):
    name = "tenure.plays"
    label = "plays"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.facts.routing import ROUTING
        from tenure.health import pipeline, scoring
        from tenure.plays import jobs, policy, triggers

        policy.register()
        jobs.register()
        pipeline.ALSO_ASKED.append(triggers.asked_fields)
        scoring.AFTER_LIVE.append(jobs.after_scoring)
        told = ROUTING.handlers.setdefault("events", [])
        if "tenure.plays.triggers.on_events" not in told:
            told.append("tenure.plays.triggers.on_events")
