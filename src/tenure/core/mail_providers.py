"""Mail providers that are spoken to over their web interfaces, through django-anymail.

To add one that anymail knows: a line here, and its row in docs/how-to/send-mail.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """What a provider is called, and how our settings are called by anymail.

    ``key``, ``secret``, ``domain``, ``api`` and ``signing`` name anymail's setting for each of our
    ``TENURE_MAIL_…`` variables; empty where the provider has no such thing. ``needs`` are the ones
    without which nothing can be sent; ``must_sign``: without the key that signs them, its notices
    cannot be believed. ``metadata``: a mail can carry our own id, which its notices bring back.
    """

    title: str
    module: str  # of anymail
    view: str  # anymail's view for its notices
    key: str = "API_KEY"
    secret: str = ""
    domain: str = ""
    api: str = "API_URL"
    signing: str = ""
    needs: tuple[str, ...] = ("KEY",)
    must_sign: bool = False
    metadata: bool = True

    @property
    def prefix(self) -> str:
        """Of its settings at anymail: ``POSTMARK``."""
        return self.module.upper()


PROVIDERS = {
    "brevo": Provider("Brevo", "brevo", "BrevoTrackingWebhookView"),
    "mailersend": Provider(
        "MailerSend",
        "mailersend",
        "MailerSendTrackingWebhookView",
        key="API_TOKEN",
        signing="SIGNING_SECRET",
        must_sign=True,
        metadata=False,
    ),
    "mailgun": Provider(
        "Mailgun",
        "mailgun",
        "MailgunTrackingWebhookView",
        domain="SENDER_DOMAIN",
        signing="WEBHOOK_SIGNING_KEY",
    ),
    "mailjet": Provider(
        "Mailjet",
        "mailjet",
        "MailjetTrackingWebhookView",
        secret="SECRET_KEY",  # noqa: S106
        needs=("KEY", "SECRET"),
    ),
    "mailtrap": Provider("Mailtrap", "mailtrap", "MailtrapTrackingWebhookView", key="API_TOKEN"),
    "mandrill": Provider(
        "Mandrill",
        "mandrill",
        "MandrillCombinedWebhookView",
        signing="WEBHOOK_KEY",
        must_sign=True,
    ),
    "postal": Provider(
        "Postal",
        "postal",
        "PostalTrackingWebhookView",
        signing="WEBHOOK_KEY",
        must_sign=True,
        needs=("KEY", "API"),
        metadata=False,
    ),
    "postmark": Provider(
        "Postmark",
        "postmark",
        "PostmarkTrackingWebhookView",
        key="SERVER_TOKEN",
    ),
    "resend": Provider("Resend", "resend", "ResendTrackingWebhookView"),
    "sendgrid": Provider(
        "SendGrid",
        "sendgrid",
        "SendGridTrackingWebhookView",
        signing="TRACKING_WEBHOOK_VERIFICATION_KEY",
    ),
    "sparkpost": Provider("SparkPost", "sparkpost", "SparkPostTrackingWebhookView"),
    "unisender-go": Provider(
        "Unisender Go",
        "unisender_go",
        "UnisenderGoTrackingWebhookView",
        needs=("KEY", "API"),
    ),
}
"""By the name that TENURE_MAIL takes."""
