"""Kept runs of the audit, and the word of people that a finding may stand."""

from __future__ import annotations

from django.db import models


class AuditRun(models.Model):
    """All findings at a moment, as if nothing were accepted; ``counts`` tells them by state."""

    at = models.DateTimeField(db_index=True)
    findings = models.JSONField()
    counts = models.JSONField(default=dict)

    class Meta:
        app_label = "learning"


class Acceptance(models.Model):
    """Somebody's reasoned word that a finding may stand until ``expires_at``.

    ``severity`` is that of the finding when the word was given: it does not cover a graver one.
    """

    key = models.CharField(max_length=80)
    severity = models.CharField(max_length=20)
    reason = models.TextField()
    author = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=254, blank=True)

    class Meta:
        app_label = "learning"
        indexes = [models.Index(fields=["key", "ended_at"])]
