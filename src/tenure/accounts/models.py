"""Who: accounts and people as they are now. A projection of the lake; see ``accounts.handlers``."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class Account(models.Model):
    """A customer as of now. ``id`` is the customer's own id of the account."""

    id = models.CharField(max_length=255, primary_key=True)
    name = models.CharField(max_length=255, db_index=True)
    domain = models.CharField(max_length=255, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=120, blank=True)
    employees = models.BigIntegerField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    owner_email = models.CharField(max_length=254, blank=True)  # as imported, if no such colleague
    plan_id = models.CharField(max_length=255, blank=True, db_index=True)
    status = models.CharField(max_length=40, blank=True, db_index=True)  # active, churned, prospect
    seats = models.BigIntegerField(null=True, blank=True)
    mrr_minor = models.BigIntegerField(default=0, db_index=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    renews_at = models.DateTimeField(null=True, blank=True, db_index=True)
    churned_at = models.DateTimeField(null=True, blank=True)
    turns_at = models.DateTimeField(null=True, blank=True, db_index=True)  # a start or end ahead
    stage = models.CharField(max_length=40, blank=True, db_index=True)
    stage_since = models.DateTimeField(null=True, blank=True)
    traits = models.JSONField(default=dict)
    updated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A contact or end user."""

    id = models.CharField(max_length=255, primary_key=True)
    email = models.CharField(max_length=254, blank=True, db_index=True)
    name = models.CharField(max_length=255, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    traits = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=40, blank=True)
    stage_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(Lower("email"), name="person_mailbox")]

    def __str__(self) -> str:
        return self.name or self.email or self.id


class Membership(models.Model):
    """A person's part in an account; ``role`` as in ``analytics.tables.PEOPLE``."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=40, default="end_user")
    title = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "account"], name="membership_once")
        ]


class Segment(models.Model):
    """A named set of accounts: by rule (TOML, see ``analytics.segments``) or a static list."""

    name = models.SlugField(max_length=80, primary_key=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    rule = models.TextField(blank=True)  # empty: static list
    packaged = models.BooleanField(default=False)
    created_by = models.CharField(max_length=254, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveIntegerField(default=0)


class SegmentMember(models.Model):
    """An account that is in a segment now."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="segments")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "account"], name="segment_member_once")
        ]


class SavedView(models.Model):
    """A filter and sort of the Accounts page that a colleague keeps, alone or for all."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    query = models.CharField(max_length=2000)
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_once")]
