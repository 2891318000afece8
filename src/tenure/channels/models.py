"""State of the ways out: every message with what became of it, and who does not want any."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

QUEUED, READY, SENDING = "queued", "ready", "sending"
SENT, WITHHELD, DEAD, DOUBT, CANCELLED = "sent", "withheld", "dead", "doubt", "cancelled"
OPEN = (QUEUED, READY, SENDING)


class Message(models.Model):
    """One message to one recipient. The log of the gate and the outbox in one row.

    queued (the gate is asked at ``send_after``) → ready (has leave) → sending → sent; or withheld,
    with rule and reason; dead (tried too often); doubt (a worker died while handing it over on a
    channel that cannot take it twice); cancelled (its source was stopped).
    """

    key = models.CharField(max_length=200, unique=True)  # the same message again is this one
    channel = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    source = models.CharField(max_length=120, blank=True, db_index=True)
    recipient = models.CharField(max_length=254)  # person id, or the address if there is none
    person_id = models.CharField(max_length=255, blank=True)
    account_id = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=500, blank=True)
    content = models.JSONField(default=dict)
    caps = models.JSONField(default=list)
    urgent = models.BooleanField(default=False)
    held_out = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default=QUEUED)
    rule = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    due_at = models.DateTimeField()
    send_after = models.DateTimeField()
    passed_at = models.DateTimeField(null=True, blank=True)  # when the gate gave leave
    handed_at = models.DateTimeField(null=True, blank=True)  # when it began to leave the house
    settled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    receipt = models.CharField(max_length=255, blank=True)
    outcome = models.CharField(max_length=12, blank=True)  # of a mail: delivered, bounced ...
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_text = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["receipt"], name="message_by_receipt"),
            models.Index(fields=["address"], name="message_by_address"),
            models.Index(fields=["state", "send_after"], name="message_due"),
            models.Index(fields=["recipient", "passed_at"], name="message_of_recipient"),
            models.Index(fields=["account_id", "created_at"], name="message_of_account"),
        ]


class Refusal(models.Model):
    """A recipient said no to a channel (or ``any``) and a purpose (or ``any``)."""

    recipient = models.CharField(max_length=254)
    channel = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.CharField(max_length=120)  # one-click, preference page, a colleague

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recipient", "channel", "purpose"], name="refusal_once")
        ]


class Suppression(models.Model):
    """An address to which nothing is sent any more: it bounced for good, or complained."""

    channel = models.CharField(max_length=40)
    address = models.CharField(max_length=500)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "address"], name="suppression_once")
        ]


class MailNotice(models.Model):
    """What was said about a mail after it left: it arrived, came back, or was called spam. ``key``
    makes it once."""

    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=14)  # delivered, soft, hard, complaint, unsubscribed
    address = models.CharField(max_length=500)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()
    said = models.CharField(max_length=500, blank=True)
    origin = models.CharField(max_length=40)  # the provider, or the kind of report
    received_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "at"], name="notice_of_address")]


class ChannelState(models.Model):
    """A channel that was or is closed: since when, when it is asked again, and the pace at which
    what piled up leaves. No row: it was never closed."""

    channel = models.CharField(max_length=40, primary_key=True)
    closed_since = models.DateTimeField(null=True, blank=True)
    asked_again_at = models.DateTimeField(null=True, blank=True)
    paced_since = models.DateTimeField(null=True, blank=True)
    minute_from = models.DateTimeField(null=True, blank=True)
    minute_count = models.PositiveIntegerField(default=0)


class SaidNo(models.Model):
    """When a recipient last declined an offer: no selling for a while."""

    recipient = models.CharField(max_length=254, primary_key=True)
    at = models.DateTimeField()
    what = models.CharField(max_length=200, blank=True)


class Endpoint(models.Model):
    """Where webhooks or chat messages go. ``secrets`` sign: the newest first, older ones while
    receivers change over."""

    name = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=40)  # webhook or chat
    url = models.URLField(max_length=1000)
    secrets = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254, blank=True)


class InAppKey(models.Model):
    """With its secret the customer's backend signs who looks at the product. ``secrets``: the
    newest first, the one before while the backend changes over."""

    name = models.CharField(max_length=120, unique=True)
    public_id = models.CharField(max_length=40, unique=True)
    secrets = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254, blank=True)


class Reception(models.Model):
    """A message at the person's end: laid into the product or pushed to a device, and what they did
    with it. ``code`` is how browsers name it; it cannot be guessed."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="reception")
    code = models.CharField(max_length=40, unique=True)
    slot = models.CharField(max_length=20)
    person_id = models.CharField(max_length=255)
    account_id = models.CharField(max_length=255, blank=True)
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    clicked_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    done = models.JSONField(default=list)  # items of a checklist that are ticked
    told = models.JSONField(default=list)  # items whose ticking was told of

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person_id", "expires_at"], name="reception_of_person")
        ]


class PushKey(models.Model):
    """The workspace's key pair for web push (PEM). One row, made at first use, never changed."""

    private = models.TextField()
    public = models.TextField()
    created_at = models.DateTimeField()


class PushSubscription(models.Model):
    """A device of a person: where its push service takes messages, and the keys to seal them."""

    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    person_id = models.CharField(max_length=255, db_index=True)
    created_at = models.DateTimeField()
