"""A mail as it leaves: plain text first, the way out of it in every one that is not transactional.

RFC 8058 one-click unsubscribe: ``List-Unsubscribe`` and ``List-Unsubscribe-Post``.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils.html import escape

from tenure.channels import unsubscribing
from tenure.channels.mail import marks
from tenure.channels.numbers import Numbers
from tenure.channels.registry import Parcel

_LINK = re.compile(r"(https?://[^\s<>\"]+)")


def build(parcel: Parcel, numbers: Numbers, backend: Any = None) -> EmailMultiAlternatives:
    """The mail of a parcel. Its Message-ID is the same at every attempt."""
    out = "" if parcel.transactional else unsubscribing.url(parcel)
    text = f"{str(parcel.content['text']).rstrip()}\n{_footer(numbers, out)}"
    mail = EmailMultiAlternatives(
        subject=" ".join(str(parcel.content["subject"]).split()),
        body=text,
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
    mail.attach_alternative(str(parcel.content.get("html") or as_html(text)), "text/html")
    return mail


def message_id(parcel: Parcel, numbers: Numbers) -> str:
    """One id for one message, on the sender's domain."""
    domain = parseaddr(numbers.mail.sender)[1].rpartition("@")[2] or "localhost"
    return f"<{marks.mark(parcel.id)}@{domain}>"


def _footer(numbers: Numbers, out: str) -> str:
    if not out:
        return ""
    lines = [
        "-- ",
        numbers.mail.footer.replace("{product}", numbers.mail.product),
        f"{numbers.mail.unsubscribe}: {out}",
        numbers.mail.postal_address,
    ]
    return "\n" + "\n".join(line for line in lines if line) + "\n"


def as_html(text: str) -> str:
    """The text as simple HTML: paragraphs, lines, links.

    >>> as_html("Hello <Ann>\\n\\nSee https://example.com/x")
    '<p>Hello &lt;Ann&gt;</p>\\n<p>See <a href="https://example.com/x">https://example.com/x</a></p>'
    """
    paragraphs = [p for p in re.split(r"\n\s*\n", text.strip()) if p.strip()]
    return "\n".join(f"<p>{_linked(p)}</p>" for p in paragraphs)


def _linked(paragraph: str) -> str:
    parts = _LINK.split(paragraph)
    done = [
        f'<a href="{escape(part)}">{escape(part)}</a>' if index % 2 else escape(part)
        for index, part in enumerate(parts)
    ]
    return "".join(done).replace("\n", "<br>\n")
