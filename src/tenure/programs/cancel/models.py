"""Visits to the cancel flow, and what was offered in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Visit(models.Model):
    """One customer's way through the flow. ``code`` opens its pages; ``outcome`` is empty while it
    is open. What it holds of the customer is as it was when it began."""

    code = models.CharField(max_length=64, unique=True)
    account_id = models.CharField(max_length=255, db_index=True)
    person_id = models.CharField(max_length=255, blank=True, db_index=True)
    subscription_id = models.CharField(max_length=255)
    language = models.CharField(max_length=8)
    origin = models.CharField(max_length=12)  # page, script, link
    policy = models.CharField(max_length=40)
    split = models.CharField(max_length=60)
    arm = models.CharField(max_length=60)
    plan_id = models.CharField(max_length=255, blank=True)
    mrr_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    segments = models.JSONField(default=list)
    tenure_days = models.IntegerField(null=True, blank=True)
    first_signal_at = models.DateTimeField(null=True, blank=True)
    looked_back = models.BooleanField(default=False)  # for the first signal, by a worker
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    screen = models.CharField(max_length=12, default="survey")
    reason = models.CharField(max_length=40, blank=True)
    more = models.TextField(blank=True)
    shown = models.JSONField(default=list)
    accepted = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_day = models.DateTimeField(null=True, blank=True)  # the subscription's, if cancelled
    improve = models.TextField(blank=True)
    would_return = models.CharField(max_length=10, blank=True)  # yes, maybe, unlikely, no

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "subscription_id"],
                condition=Q(outcome=""),
                name="cancel_visit_open_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["started_at"], name="cancel_visit_started"),
            models.Index(fields=["outcome", "seen_at"], name="cancel_visit_open"),
        ]


class Offered(models.Model):
    """An offer as it was shown: its terms hold even if policy changes while it is on the screen."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="offers")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    percent = models.PositiveSmallIntegerField(default=0)
    months = models.PositiveSmallIntegerField(default=0)
    plan_id = models.CharField(max_length=255, blank=True)
    bill_at = models.DateTimeField(null=True, blank=True)  # of the bill that a discount is off
    shown_at = models.DateTimeField()
    answer = models.CharField(max_length=10, blank=True)  # accepted, declined
    answered_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)  # of a pause that was taken

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "place"], name="cancel_offered_once")
        ]
