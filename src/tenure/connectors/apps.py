from datetime import datetime

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "tenure.connectors"
    label = "connectors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenure.connectors.files.forgetting import PART
        from tenure.connectors.stripe import backfill, forgetting
        from tenure.connectors.stripe import policy as stripe
        from tenure.core import schedule
        from tenure.facts import duties, erasure, ingest_policy

        every = ingest_policy.packaged().flush.every_seconds
        schedule.duty("posted", every, _land_posted)
        if _land_posted_now not in duties.ALSO:
            duties.ALSO.append(_land_posted_now)
        erasure.register(PART)
        erasure.register(forgetting.PART)
        stripe.register()
        backfill.register()
        schedule.duty("stripe", every, _land_notices)
        if _land_notices not in duties.ALSO:
            duties.ALSO.insert(0, _land_notices)  # what they say is then landed as rows


def _land_posted(now: datetime) -> None:
    from tenure.connectors.posted import landing

    landing.land(now)


def _land_posted_now(now: datetime) -> None:
    from tenure.connectors.posted import landing

    landing.land_now(now)


def _land_notices(now: datetime) -> None:
    from tenure.connectors.stripe import landing

    landing.land(now)
