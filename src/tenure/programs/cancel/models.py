"""Visits to the cancel flow, what was offered in them, and what is to be done in billing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

WAITING, DONE, REFUSED, DROPPED, UNDONE = "waiting", "done", "refused", "dropped", "undone"


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
                fields=["account_id", "subscription_id"], condition=Q(outcome=""),
                name="cancel_visit_open_once",
            )
        ]  # fmt: skip
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
    shown_at = models.DateTimeField()
    answer = models.CharField(max_length=10, blank=True)  # accepted, declined
    answered_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)  # of a pause that was taken

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visit", "place"], name="cancel_offered_once")
        ]


class Act(models.Model):
    """Something to do in the billing system, once for its key. It waits until done or refused;
    ``lease_until`` says that a process is at it. ``undoes`` is the act that this one takes back."""

    key = models.CharField(max_length=200, unique=True)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="acts")
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE)
    account_id = models.CharField(max_length=255)
    subscription_id = models.CharField(max_length=255)
    what = models.CharField(max_length=12)  # coupon, pause, resume, plan, cancel
    terms = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=WAITING)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    detail = models.TextField(blank=True)
    by = models.CharField(max_length=254, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="cancel_act_due"),
            models.Index(fields=["subscription_id", "state"], name="cancel_act_subscription"),
        ]
