"""What is to be done in billing systems, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

WAITING, DONE, REFUSED, DROPPED, UNDONE = "waiting", "done", "refused", "dropped", "undone"


class Act(models.Model):
    """Something to do in a billing system, once for its key. It waits until done or refused;
    ``lease_until`` says that a process is at it. ``round`` counts how often a refused act was
    handed in again, ``undoes`` is the act that this one takes back, and a ``planned`` one was
    handed in for a day to come."""

    key = models.CharField(max_length=300, unique=True)
    round = models.PositiveIntegerField(default=1)
    program = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)  # what it is about, as the program calls it
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE)
    account_id = models.CharField(max_length=255)
    subscription_id = models.CharField(max_length=255, blank=True)
    invoice_id = models.CharField(max_length=255, blank=True)
    what = models.CharField(max_length=20)  # a name of billing.acts
    terms = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=WAITING)
    planned = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    detail = models.TextField(blank=True)
    by = models.CharField(max_length=254, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="billing_act_due"),
            models.Index(fields=["program", "subject"], name="billing_act_subject"),
            models.Index(fields=["account_id", "state"], name="billing_act_account"),
        ]
