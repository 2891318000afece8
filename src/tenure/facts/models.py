"""State of the ledger: the inbox, what was refused, where facts come from, who is who."""

from __future__ import annotations

from django.db import models


class InboxRow(models.Model):
    """One acknowledged request, raw. Deleted once its facts are durable in the lake."""

    received_at = models.DateTimeField()
    source = models.CharField(max_length=80)
    endpoint = models.CharField(max_length=40)
    body = models.BinaryField()


class Batch(models.Model):
    """What a single-file process (``inbox``, ``resolve``) has in hand, so that a dead one's work is
    taken up unchanged. ``number`` is the transaction it writes to the lake with."""

    name = models.CharField(max_length=40, primary_key=True)
    number = models.BigIntegerField(default=0)
    in_hand = models.JSONField(default=list)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    epoch = models.BigIntegerField(default=0)


class Source(models.Model):
    """Where facts come from, and when it last spoke: ``segment:website``, ``file:crm``."""

    name = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    last_fact_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)


class SourceDay(models.Model):
    """How many facts of one kind a source brought on one received day (UTC)."""

    source = models.CharField(max_length=80)
    table = models.CharField(max_length=40)
    name = models.CharField(max_length=200, blank=True)  # event name, for events
    day = models.DateField()
    rows = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "table", "name", "day"], name="source_day_once"
            )
        ]


class SourceAlert(models.Model):
    """A source gone stale, suddenly quiet, or suddenly loud."""

    source = models.CharField(max_length=80)
    subject = models.CharField(max_length=240)
    kind = models.CharField(max_length=40)  # stale, quiet, loud, missing
    text = models.TextField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=254, blank=True)


class Quarantined(models.Model):
    """A fact that was refused: what it was, why, and what became of it."""

    at = models.DateTimeField(db_index=True)
    source = models.CharField(max_length=80)
    table = models.CharField(max_length=40)
    name = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60)
    reason = models.TextField()
    field = models.CharField(max_length=200, blank=True)
    payload = models.TextField()
    file = models.CharField(max_length=255, blank=True)
    line = models.BigIntegerField(null=True, blank=True)
    message_id = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, default="open", db_index=True)
    resolved_by = models.CharField(max_length=254, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)


class IdentityLink(models.Model):
    """An anonymous id (or an older person id) that is now known to be a person."""

    alias = models.CharField(max_length=255, primary_key=True)
    person_id = models.CharField(max_length=255, db_index=True)
    linked_at = models.DateTimeField()
    resolved = models.BooleanField(default=False)  # earlier facts have been looked through


class IdentitySplit(models.Model):
    """Two ids that were taken for one person and are not: no call joins them again."""

    alias = models.CharField(max_length=255)
    person_id = models.CharField(max_length=255, db_index=True)
    split_at = models.DateTimeField()
    split_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alias", "person_id"], name="identity_split_once")
        ]


class PersonAccount(models.Model):
    """A person belongs to an account (perhaps to several); the latest use wins when not told."""

    person_id = models.CharField(max_length=255)
    account_id = models.CharField(max_length=255)
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved = models.BooleanField(default=False)  # earlier facts have been looked through

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id", "account_id"], name="person_account_once")
        ]
        indexes = [models.Index(fields=["account_id"])]


class Erasure(models.Model):
    """The record that a person's data was erased or exported, without naming the person."""

    kind = models.CharField(max_length=20)  # erase, export
    person_digest = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
