"""State of the portfolio: work that was handed to others, and what came back."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

OPEN, BACK, WITHDRAWN = "open", "back", "withdrawn"


class HandOff(models.Model):
    """Work of a kind (policy ``portfolio``, ``hand_offs``) that somebody else is to do.

    ``receiver`` is written as in policy: ``role:NAME``, ``person:MAIL``, ``webhook:NAME`` or
    ``chat:NAME``. ``reference`` is what the receiver calls it, such as a number in a tracker.
    """

    kind = models.CharField(max_length=80)
    account_id = models.CharField(max_length=255, blank=True, db_index=True)
    title = models.CharField(max_length=200)
    why = models.TextField()
    links = models.JSONField(default=list)
    receiver = models.CharField(max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=OPEN)
    opened_by = models.CharField(max_length=254)
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)  # what came back, in words
    back_links = models.JSONField(default=list)
    reference = models.CharField(max_length=200, blank=True)
    closed_by = models.CharField(max_length=254, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="hand_off_due")]

    @property
    def source(self) -> str:
        """How its task and its message are marked."""
        return f"hand-off:{self.pk}"
