"""Alerts: signs that somebody should look at, of accounts and of indicators."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

OPEN, CLOSED = "open", "closed"
USEFUL, FALSE_ALARM = "useful", "false_alarm"


class Alert(models.Model):
    """A sign while it lasts: opened when its condition is first seen, closed when it is over.

    While it is open its ``key`` is its own: the same sign seen again updates it. ``segment`` is
    that of an indicator; ``told`` lists who was told, ``untold`` why somebody could not be.
    """

    kind = models.CharField(max_length=20)  # risk, indicator
    key = models.CharField(max_length=400)
    signal = models.CharField(max_length=80)
    severity = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    says = models.TextField(blank=True)
    account_id = models.CharField(max_length=255, blank=True, db_index=True)
    segment = models.CharField(max_length=80, blank=True)
    periods = models.PositiveIntegerField(default=0)  # of an indicator: out of line in a row
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    route = models.CharField(max_length=120, blank=True)
    told = models.JSONField(default=list)
    untold = models.TextField(blank=True)
    state = models.CharField(max_length=10, default=OPEN)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    mark = models.CharField(max_length=12, blank=True)
    marked_by = models.CharField(max_length=254, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state="open"), name="alert_open_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "opened_at"], name="alert_by_state"),
            models.Index(fields=["kind", "signal", "mark"], name="alert_marks"),
            models.Index(fields=["closed_at"], name="alert_closed"),
        ]
