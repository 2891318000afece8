"""Which digests colleagues want, and which were sent."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Wish(models.Model):
    """A colleague wants a kind of digest: by mail to their own address, or to a chat endpoint."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)  # daily, weekly, monthly
    channel = models.CharField(max_length=10)  # mail, chat
    endpoint = models.CharField(max_length=120, blank=True)  # name of the chat endpoint
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="digest_wish_once")
        ]


class SentDigest(models.Model):
    """A digest was handed to the outbox: once a colleague, kind and day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)
    day = models.DateField()
    at = models.DateTimeField()
    problem = models.TextField(blank=True)  # why it could not be handed in

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "day"], name="digest_once")
        ]
