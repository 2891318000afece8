"""A mail as it leaves: plain text and HTML, the way out in every one that is not transactional.

RFC 8058 one-click unsubscribe: ``List-Unsubscribe`` and ``List-Unsubscribe-Post``.
"""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives

from tenure.channels import unsubscribing
from tenure.channels.mail import letter, marks
from tenure.channels.registry import OutboundMessage
from tenure.channels.settings import Numbers


def build(parcel: OutboundMessage, numbers: Numbers, backend: Any = None) -> EmailMultiAlternatives:
    """The mail of a parcel. Its Message-ID is the same at every attempt."""
    out = "" if parcel.transactional else unsubscribing.url(parcel)
    subject = " ".join(str(parcel.content["subject"]).split())
    text, marked = str(parcel.content["text"]).rstrip(), bool(parcel.content.get("marked"))
    footer = _footer(numbers, out)
    plain = letter.as_text(text) if marked else text
    under = letter.as_text(footer)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=f"{plain}\n\n-- \n{under}\n" if footer else f"{plain}\n",
        from_email=numbers.mail.sender,
        to=[parcel.address],
        reply_to=[numbers.mail.reply_to] if numbers.mail.reply_to else None,
        headers={
            "Message-ID": message_id(parcel, numbers),
            "X-Tenure-Message": marks.mark(parcel.id),
        },
        connection=backend,
    )
    if out:
        mail.extra_headers["List-Unsubscribe"] = f"<{out}>"
        mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    language = str(parcel.content.get("language") or numbers.mail.language)
    html = parcel.content.get("html") or letter.document(
        subject, text, footer, language, marked=marked
    )
    mail.attach_alternative(str(html), "text/html")
    return mail


def message_id(parcel: OutboundMessage, numbers: Numbers) -> str:
    """One id for one message, on the sender's domain."""
    domain = parseaddr(numbers.mail.sender)[1].rpartition("@")[2] or "localhost"
    return f"<{marks.mark(parcel.id)}@{domain}>"


def _footer(numbers: Numbers, out: str) -> str:
    if not out:
        return ""
    lines = [
        numbers.mail.footer.replace("{product}", numbers.mail.product),
        f"[{numbers.mail.unsubscribe}]({out})",
        numbers.mail.postal_address,
    ]
    return "\n".join(line for line in lines if line)
