"""Health as it is now (state), the runs that made it, overrides and kept validations."""

from __future__ import annotations

from django.db import models

from tenure.accounts.models import Account


class ScoringRun(models.Model):
    """One scoring of all accounts by one model version as of one moment."""

    model = models.CharField(max_length=80)
    model_version = models.CharField(max_length=40)
    as_of = models.DateTimeField()
    state = models.CharField(max_length=20, default="running")
    purpose = models.CharField(max_length=20, default="live")  # live, backtest
    accounts_total = models.PositiveIntegerField(default=0)
    accounts_done = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "model_version", "as_of"], name="scoring_run_once"
            )
        ]


class AccountHealth(models.Model):
    """The latest score of an account by a model.

    ``explanation`` and ``signals`` are what ``analytics.health.explain`` gives; ``trend`` is a short
    list of ``[ISO date, health]`` pairs and ``signal_trend`` maps signal names to lists of values at
    the same dates, both for sparklines. ``shown_*`` hold the override where one is in force.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="health")
    model = models.CharField(max_length=80)
    model_version = models.CharField(max_length=40)
    as_of = models.DateTimeField()
    health = models.FloatField(null=True)
    band = models.CharField(max_length=40, blank=True)
    shown_health = models.FloatField(null=True)
    shown_band = models.CharField(max_length=40, blank=True)
    overridden = models.BooleanField(default=False)
    risk = models.FloatField(null=True)
    risk_level = models.CharField(max_length=20, blank=True)
    coverage = models.FloatField(default=0)
    previous_health = models.FloatField(null=True)
    previous_band = models.CharField(max_length=40, blank=True)
    change_30d = models.FloatField(null=True)
    explanation = models.JSONField(default=dict)
    signals = models.JSONField(default=dict)
    risk_signals = models.JSONField(default=list)
    trend = models.JSONField(default=list)
    signal_trend = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "model"], name="account_health_once")
        ]
        indexes = [
            models.Index(fields=["model", "shown_health"]),
            models.Index(fields=["model", "shown_band"]),
            models.Index(fields=["model", "risk"]),
            models.Index(fields=["model", "change_30d"]),
        ]


class Override(models.Model):
    """A person's judgement over the score: with a reason, an author and an end."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="overrides")
    model = models.CharField(max_length=80)
    health = models.FloatField()
    reason = models.TextField()
    author = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=254, blank=True)


class ValidationReport(models.Model):
    """A kept validation of one model version over one period; ``result`` is the whole report."""

    model = models.CharField(max_length=80)
    model_version = models.CharField(max_length=40)
    start = models.DateField()
    end = models.DateField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254, blank=True)
    verdict = models.CharField(max_length=40)
    result = models.JSONField()
