"""Health as it is now (state), the runs that made it, overrides and kept validations."""

from __future__ import annotations

from django.db import models

from tenure.accounts.models import Account


class ModelVersion(models.Model):
    """The text of every model version that made a score, so that old scores stay explainable."""

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    body = models.TextField()
    first_used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="model_version_once")
        ]


class ScoringRun(models.Model):
    """One scoring of all accounts by one model version as of one moment.

    ``facts`` tells the facts it stood on: more facts of the past (an import) make another run.
    ``summary`` counts bands and risk levels, overall and by segment.
    """

    model = models.CharField(max_length=80)
    model_version = models.CharField(max_length=40)
    as_of = models.DateTimeField()
    state = models.CharField(max_length=20, default="running")
    facts = models.CharField(max_length=40, default="")
    purpose = models.CharField(max_length=20, default="live")  # live, backtest
    accounts_total = models.PositiveIntegerField(default=0)
    accounts_done = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    summary = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "model_version", "as_of", "facts"], name="scoring_run_once"
            )
        ]
        indexes = [models.Index(fields=["model", "state", "as_of"])]


class AccountHealth(models.Model):
    """The latest score of an account by a model.

    ``signals`` holds the values it was made from, ``previous_signals`` those of the score before
    (None: there was none); the explanation is worked out from them when it is looked at. ``trend``
    is a short list of ``[ISO date, health]`` pairs and ``signal_trend`` maps signal names to lists
    of values at the same dates, both for sparklines. ``shown_*`` hold the override where one is in
    force.
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
    variant = models.CharField(max_length=160, blank=True)
    signals = models.JSONField(default=dict)
    previous_signals = models.JSONField(null=True, default=None)
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


class Trial(models.Model):
    """A model text tried on history against the one in force: by hand (``change``) or proposed
    (``proposal``).

    ``based_on`` is the version of the document it was written over; only over that one can it be
    adopted. ``result`` holds ``replay`` and, of a proposal, how it came about.
    """

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    body = models.TextField(blank=True)
    against = models.CharField(max_length=80)
    based_on = models.PositiveIntegerField(default=0)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=20, default="waiting")  # waiting, done, failed
    error = models.TextField(blank=True)
    verdict = models.CharField(max_length=40, blank=True)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254, blank=True)
    adopted_version = models.PositiveIntegerField(null=True, blank=True)
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.CharField(max_length=254, blank=True)


class LearnedModel(models.Model):
    """A model that was learned from this workspace's history. ``body`` is the model itself (JSON:
    features, boosters, curves), ``report`` how it did on dates it had not seen.

    One is ``champion`` at most, one ``challenger``; the others are ``retired``. ``drift`` is of the
    latest prediction, ``watch`` of what happened since it was taught.
    """

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=20)
    body = models.TextField()
    report = models.JSONField()
    verdict = models.CharField(max_length=40)
    drift = models.JSONField(default=list)
    watch = models.JSONField(default=dict)
    watched_at = models.DateTimeField(null=True, blank=True)
    trained_at = models.DateTimeField()
    trained_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)


class AccountPrediction(models.Model):
    """What the learned model in use says of an account now: the chance to leave within the
    verdict's horizon, within each, the curve of staying (``[days, chance]``), and why."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="prediction")
    learned = models.ForeignKey(LearnedModel, on_delete=models.CASCADE)
    as_of = models.DateTimeField()
    chance = models.FloatField(db_index=True)
    chances = models.JSONField(default=dict)
    survival = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
