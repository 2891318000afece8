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
    """One run over one file: how far it is, what landed, what did not. Of a finished run
    ``rows_read`` is the sum of new, known, quarantined and left out (by conditions).

    ``pending`` holds the counts (new, known) of buckets that are appended and not told yet, so that
    a run cut off in between counts them once when it goes on. ``options`` are those of reading;
    ``notes`` are sentences about how it was read and what came of it.
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
    rows_left_out = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.CharField(max_length=254, blank=True)
    error = models.TextField(blank=True)
    notes = models.JSONField(default=list)

    @property
    def untouched(self) -> bool:
        """Whether nothing of the file became a fact or was one already."""
        return self.rows_quarantined > 0 and not (self.rows_new or self.rows_known)


class StripeLink(models.Model):
    """What belongs together: ``cus:…`` (a customer) or ``pm:…`` (a payment method) and an account,
    ``pi:…`` (a payment intent) and an invoice."""

    name = models.CharField(max_length=255, primary_key=True)
    target = models.CharField(max_length=255)


class StripePart(models.Model):
    """What an object of Stripe's only names: a discount (``di:…``), a coupon with the products it
    is for (``coupon:…``), a price with its tiers (``price:…``). ``ends_at`` is the end of a
    discount of a subscription, and ``due`` that the subscription is to be looked at then."""

    name = models.CharField(max_length=255, primary_key=True)
    body = models.JSONField(default=dict)
    subscription_id = models.CharField(max_length=255, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    due = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due", "ends_at"], name="stripe_part_due")]


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
