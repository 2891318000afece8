"""State of work for people: tasks, open and done."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

OPEN, SNOOZED, DONE, CANCELLED = "open", "snoozed", "done", "cancelled"


class Task(models.Model):
    """Something a person is to do about an account, with the evidence for it.

    While a task is open (or snoozed) its ``key`` is its own: the same call to action again updates
    it and never makes a second one.
    """

    key = models.CharField(max_length=200)
    account_id = models.CharField(max_length=255, db_index=True)
    person_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=300)
    reason = models.TextField(blank=True)
    words = models.TextField(blank=True)  # suggested
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    due_at = models.DateTimeField()
    value_minor = models.BigIntegerField(default=0)  # yearly value at stake
    currency = models.CharField(max_length=3, blank=True)
    source = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, default=OPEN)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    mark = models.CharField(max_length=20, blank=True)  # useful, false_alarm
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state__in=[OPEN, SNOOZED]), name="task_open_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="task_due"),
            models.Index(fields=["owner", "state", "due_at"], name="task_of_owner"),
            models.Index(fields=["source", "mark"], name="task_marks"),
            models.Index(fields=["state", "source"], name="task_kinds"),
            # Today: the ids of a section, counted and put in order without reading the rows.
            models.Index(
                fields=[
                    "state",
                    "escalated_at",
                    "due_at",
                    "value_minor",
                    "owner",
                    "source",
                    "account_id",
                ],
                name="task_today",
            ),
        ]
