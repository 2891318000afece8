"""Which scoring runs there are."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from tenure.health.models import ScoringRun


def finished(model: str) -> QuerySet[ScoringRun]:
    """Finished runs of a model, the last run of each moment only, oldest moment first."""
    done = ScoringRun.objects.filter(model=model, state="done")
    last = done.order_by().values("as_of").annotate(last=Max("pk")).values("last")
    return done.filter(pk__in=last).order_by("as_of")


def latest_live(model: str) -> ScoringRun | None:
    """The run that made the present state of a model."""
    runs = ScoringRun.objects.filter(model=model, state="done", purpose="live")
    return runs.order_by("as_of", "pk").last()


def before(model: str, moment: datetime, *, within: timedelta | None = None) -> ScoringRun | None:
    """The last finished run strictly before ``moment``, if not older than ``within``."""
    runs = finished(model).filter(as_of__lt=moment)
    if within is not None:
        runs = runs.filter(as_of__gte=moment - within)
    return runs.last()


def nearest(model: str, moment: datetime) -> ScoringRun | None:
    """The last finished run at or before ``moment``."""
    return finished(model).filter(as_of__lte=moment).last()


def spaced(model: str, until: datetime, points: int, days: int) -> list[ScoringRun]:
    """At most ``points`` runs up to ``until``, at least ``days`` apart, the newest always."""
    chosen: list[ScoringRun] = []
    for run in reversed(finished(model).filter(as_of__lte=until)):
        if len(chosen) == points:
            break
        if not chosen or chosen[-1].as_of - run.as_of >= timedelta(days=days):
            chosen.append(run)
    return chosen[::-1]
