"""State of plays: which are on, who matches, who is in, and where they stand."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

OFF, ON, PAUSED = "off", "on", "paused"
ACTIVE, DONE, EXITED, HELD_OUT, STOPPED = "active", "done", "exited", "held_out", "stopped"


class PlaySwitch(models.Model):
    """Whether a play runs. A play nobody ever switched on has no row."""

    play = models.CharField(max_length=80, primary_key=True)
    state = models.CharField(max_length=10, default=OFF)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=254)
    looked_at = models.DateTimeField()  # up to when dates and absences were looked through


class Standing(models.Model):
    """An account matches a play's trigger, without a break, since ``since``."""

    play = models.CharField(max_length=80)
    account_id = models.CharField(max_length=255)
    since = models.DateTimeField()
    fired = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["play", "account_id"], name="standing_once")
        ]


class DryRunKept(models.Model):
    """The last trial of a play on history; ``result`` is empty while it runs."""

    play = models.CharField(max_length=80, primary_key=True)
    version = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)


class Enrolment(models.Model):
    """An account (or person) in a play, on the version it entered with.

    ``subject`` is the person's id or, for plays about accounts, the account's. ``held_out`` ones
    get nothing, so that the others can be compared with them.
    """

    play = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=255)
    round = models.PositiveIntegerField(default=1)
    account_id = models.CharField(max_length=255, db_index=True)
    person_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, default=ACTIVE)
    held_out = models.BooleanField(default=False)
    step = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    arms = models.JSONField(default=dict)  # split step to the step chosen
    why = models.JSONField(default=dict)  # what was so when they entered
    note = models.TextField(blank=True)  # what could not be done, and why
    mrr_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    goal_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["play", "subject", "round"], name="enrolment_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="enrolment_due"),
            models.Index(fields=["play", "state"], name="enrolment_of_play"),
            models.Index(fields=["play", "entered_at"], name="enrolment_by_time"),
        ]
