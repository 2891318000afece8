"""Experiments, their units, and every look at them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

PLANNED, RUNNING, STOPPED = "planned", "running", "stopped"


class Experiment(models.Model):
    """One question, asked before the start. ``plan`` is what was reckoned then; nothing of the
    question can be changed afterwards."""

    key = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    hypothesis = models.TextField()
    metric = models.CharField(max_length=120)  # stayed, or signal:NAME
    higher_is_better = models.BooleanField(default=True)
    guardrails = models.JSONField(default=list)  # [metric, higher is better]
    arms = models.JSONField()  # name to share, in order
    control = models.CharField(max_length=60)
    segment = models.CharField(max_length=80, blank=True)  # empty: all customers
    effect = models.FloatField()  # the smallest worth finding, in the metric's unit
    days = models.PositiveIntegerField()
    watched = models.BooleanField(default=False)
    plan = models.JSONField()
    state = models.CharField(max_length=10, default=PLANNED)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    learned = models.TextField(blank=True)  # what is made of it, on stopping

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "made_at"], name="experiment_state")]


class Unit(models.Model):
    """An account that was there at the start, and its arm."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="units")
    account_id = models.CharField(max_length=255)
    arm = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["experiment", "account_id"], name="unit_once")
        ]


class Reading(models.Model):
    """A look at an experiment: the results of all its treatments at that moment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="readings")
    at = models.DateTimeField()
    result = models.JSONField()
    final = models.BooleanField(default=False)
