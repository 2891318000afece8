"""Cases of dunning: one for each invoice not collected, and what was done about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

OPEN, GRACE = "open", "grace"
RECOVERED, CANCELLED, VOID = "recovered", "cancelled", "void"
ALIVE = (OPEN, GRACE)


class Case(models.Model):
    """An unpaid invoice. What it says of payments is a copy of the ledger, made anew with each
    fact; ``next_*`` is the plan as of the last look."""

    invoice_id = models.CharField(max_length=255, unique=True)
    account_id = models.CharField(max_length=255, db_index=True)
    subscription_id = models.CharField(max_length=255, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=12, default=OPEN)
    kind = models.CharField(max_length=20)  # of the first decline
    code = models.CharField(max_length=80, blank=True)  # of the latest
    tries = models.PositiveIntegerField(default=0)
    next_what = models.CharField(max_length=40, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    next_why = models.TextField(blank=True)
    taken_by = models.CharField(max_length=254, blank=True)
    extended_days = models.PositiveIntegerField(default=0)  # grace and end come so much later
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "next_at"], name="dunning_due"),
            models.Index(fields=["opened_at"], name="dunning_opened"),
        ]


class Step(models.Model):
    """Something done in a case, once for its key."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=300, unique=True)
    what = models.CharField(max_length=40)
    at = models.DateTimeField()
    detail = models.TextField(blank=True)
