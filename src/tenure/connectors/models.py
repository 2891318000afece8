"""State of the ways in: file mappings and their runs; what is known of Stripe's objects."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FileMapping(models.Model):
    """How the columns of a kind of file become the columns of a table; can be run again."""

    name = models.CharField(max_length=120, primary_key=True)
    table = models.CharField(max_length=40)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    created_by = models.CharField(max_length=254, blank=True)
    updated_at = models.DateTimeField()


class ImportRun(models.Model):
    """One run over one file: how far it is, what landed, what did not.

    ``pending`` holds the counts of the bucket that is being appended, so that a run cut off between
    the lake and this row counts it once when it goes on. ``options`` are those of reading.
    """

    table = models.CharField(max_length=40)
    file = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    pending = models.JSONField(default=dict)
    source = models.CharField(max_length=80, default="file")
    state = models.CharField(max_length=20, default="running")
    chunk = models.PositiveIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    rows_new = models.BigIntegerField(default=0)
    rows_known = models.BigIntegerField(default=0)
    rows_quarantined = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.CharField(max_length=254, blank=True)
    error = models.TextField(blank=True)


class StripeLink(models.Model):
    """What belongs together: ``cus:…`` (a customer) or ``pm:…`` (a payment method) and an account,
    ``pi:…`` (a payment intent) and an invoice."""

    name = models.CharField(max_length=255, primary_key=True)
    target = models.CharField(max_length=255)


class StripeSeen(models.Model):
    """The newest word on an object (invoices, subscriptions). ``rank`` is how far an invoice's
    state is from a draft: states only go one way, so an older one later changes nothing."""

    name = models.CharField(max_length=255, primary_key=True)
    at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField(default=0)


class StripeParked(models.Model):
    """A notice that waits for a link that has not come yet."""

    event_id = models.CharField(max_length=255, primary_key=True)
    needs = models.CharField(max_length=255, db_index=True)
    received_at = models.DateTimeField(db_index=True)
    body = models.BinaryField()


class StripeTrouble(models.Model):
    """A notice that could not be read. It stays here until somebody has it read again."""

    event_id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    error = models.TextField()
    body = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["-received_at"]


class StripeDay(models.Model):
    """How many notices of a kind came on a day (UTC), and whether they mean anything to us."""

    day = models.DateField()
    kind = models.CharField(max_length=120)
    used = models.BooleanField()
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "kind", "used"], name="stripe_day_once")
        ]
