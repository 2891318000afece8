"""Investigations of churned accounts, and the exit interviews asked for in them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

OPEN, CONFIRMED, VOID = "open", "confirmed", "void"
PREVENTABLE, NOT_PREVENTABLE, UNCLEAR = "preventable", "not_preventable", "unclear"


class Investigation(models.Model):
    """One churn of one account. ``dossier`` is what was known when it left (see ``dossier.py``);
    ``proposed_*`` is what the system makes of it, ``cause``, ``verdict`` and ``how`` what holds:
    the proposal until a person confirms or changes it. ``void``: the facts have been corrected,
    and no longer tell of this churn."""

    account_id = models.CharField(max_length=255)
    churned_at = models.DateTimeField()
    kind = models.CharField(max_length=40)  # voluntary, involuntary, unknown
    opened_at = models.DateTimeField()
    reactivated_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, default=OPEN)
    mrr_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    plan_id = models.CharField(max_length=255, blank=True)
    segments = models.JSONField(default=list)
    dossier = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    stated_cause = models.CharField(max_length=40, blank=True)
    proposed_cause = models.CharField(max_length=40, blank=True)
    proposed_verdict = models.CharField(max_length=20)
    proposed_how = models.TextField(blank=True)
    cause = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=20)
    how = models.TextField(blank=True)
    why = models.TextField(blank=True)  # a person's reason
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "churned_at"], name="investigation_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "churned_at"], name="investigation_state"),
            models.Index(fields=["churned_at"], name="investigation_churned"),
        ]


class Review(models.Model):
    """The losses of a calendar month (UTC), as they were counted when it was kept or last renewed.
    Closed, it stays as it is."""

    month = models.DateField(unique=True)  # its first day
    report = models.JSONField()
    made_at = models.DateTimeField()
    note = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=254, blank=True)


class Change(models.Model):
    """A change of product or process that was decided in a review, against a cause."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="changes")
    cause = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)  # product, process
    title = models.CharField(max_length=300)
    owner = models.CharField(max_length=254)
    due_on = models.DateField()
    experiment = models.CharField(max_length=80, blank=True)  # key of the one that tells its effect
    state = models.CharField(max_length=10, default="open")  # open, done, dropped
    made_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_on"], name="churn_change_due")]


class ExitInterview(models.Model):
    """What somebody who left was asked, by a link, and said. The words stay here."""

    investigation = models.OneToOneField(
        Investigation, on_delete=models.CASCADE, related_name="interview"
    )
    person_id = models.CharField(max_length=255, blank=True, db_index=True)
    address = models.CharField(max_length=254, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=254)
    reason = models.CharField(max_length=40, blank=True)
    words = models.TextField(blank=True)
    would_return = models.CharField(max_length=10, blank=True)  # yes, maybe, no
    answered_at = models.DateTimeField(null=True, blank=True)
