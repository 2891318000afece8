"""A mail's words in both of its parts, from one text: plain, and as simple HTML.

In the text, ``[Open the report](https://…)`` is a link with words; alone in its paragraph, the
first such is the mail's button. Only texts that say so (``marked``) are read like that: what
customers are called stands in many a mail, and must not become a link with words of their own.
Addresses that stand there as they are become links in every mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_LABELLED = r"\[([^\[\]\n]{1,120})\]\((https?://[^\s()<>\"]+)\)"
_LINK = re.compile(rf"{_LABELLED}|(https?://[^\s<>\"]+)")
_BARE = re.compile(r"()()(https?://[^\s<>\"]+)")
_ONLY = re.compile(rf"\s*{_LABELLED}\s*")
_TRAILING = ".,;:!?"


@dataclass(frozen=True)
class Look:
    """Attributes of the elements: inline styles for mail programs, which drop style sheets, or
    classes for our own pages, which allow no inline style."""

    paragraph: SafeString
    link: SafeString
    button: SafeString


IN_MAIL = Look(
    SafeString('style="margin:0 0 1em"'),
    SafeString('style="color:#0b57a4"'),
    SafeString(
        'style="display:inline-block;padding:.7em 1.4em;border-radius:6px;background:#0b57a4;'
        'color:#ffffff;font-weight:600;text-decoration:none"'
    ),
)
ON_PAGE = Look(
    SafeString('class="letter-line"'),
    SafeString('class="letter-link"'),
    SafeString('class="btn btn-primary"'),
)
_BODY = (
    "margin:0;padding:24px 16px;background:#ffffff;color:#1d2433;"
    "font:16px/1.55 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
)


def as_text(text: str) -> str:
    """The plain part: the address beside the words of every link.

    >>> as_text("See [the report](https://example.com/r) today.")
    'See the report (https://example.com/r) today.'
    >>> as_text("Hello\\n\\n[Open it](https://example.com/r)")
    'Hello\\n\\nOpen it: https://example.com/r'
    """
    return "\n\n".join(_plain(p) for p in re.split(r"\n[ \t]*\n", text))


def _plain(paragraph: str) -> str:
    if only := _ONLY.fullmatch(paragraph):
        return f"{only.group(1)}: {only.group(2)}"
    return re.sub(_LABELLED, r"\1 (\2)", paragraph)


def fragment(
    text: str, look: Look = IN_MAIL, *, marked: bool = False, button: bool = True
) -> SafeString:
    """The paragraphs as HTML, everything in them escaped.

    >>> print(fragment("Hello <Ann>\\n\\nSee https://example.com/x.", ON_PAGE))
    <p class="letter-line">Hello &lt;Ann&gt;</p>
    <p class="letter-line">See <a class="letter-link" href="https://example.com/x">https://example.com/x</a>.</p>
    """
    return SafeString("\n".join(_paragraphs(text, look, marked, button and marked)))


def _paragraphs(text: str, look: Look, marked: bool, button: bool) -> Iterator[SafeString]:
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        only = _ONLY.fullmatch(paragraph)
        if only and button:
            button = False  # one thing to do in one mail
            inner = format_html('<a {} href="{}">{}</a>', look.button, only.group(2), only.group(1))
        elif paragraph.strip():
            inner = _linked(paragraph, look, _LINK if marked else _BARE)
        else:
            continue
        yield format_html("<p {}>{}</p>", look.paragraph, inner)


def _linked(paragraph: str, look: Look, links: re.Pattern[str]) -> SafeString:
    done, at = [], 0
    for found in links.finditer(paragraph):
        label, address, bare = found.groups()
        end = found.end()
        if bare:
            address = bare.rstrip(_TRAILING)
            end -= len(bare) - len(address)
        done.append(_lines(paragraph[at : found.start()]))
        done.append(format_html('<a {} href="{}">{}</a>', look.link, address, label or address))
        at = end
    done.append(_lines(paragraph[at:]))
    return format_html_join("", "{}", ((part,) for part in done))


def _lines(text: str) -> SafeString:
    return format_html_join(SafeString("<br>\n"), "{}", ((line,) for line in text.split("\n")))


def document(subject: str, text: str, footer: str, language: str, *, marked: bool) -> str:
    """The whole HTML part: one column of real text, its language said, nothing to be fetched. The
    footer is a marked text."""
    under = format_html(
        '<hr style="border:0;border-top:1px solid #c9ced8;margin:24px 0 12px">'
        '<div style="font-size:14px;color:#4a5262">{}</div>',
        fragment(footer, marked=True, button=False),
    )
    return format_html(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{}</title></head>\n"
        '<body style="{}"><div role="article" aria-label="{}" style="max-width:36em;margin:0 auto">'
        "\n{}\n{}</div></body></html>\n",
        language,
        subject,
        SafeString(_BODY),
        subject,
        fragment(text, marked=marked),
        under if footer.strip() else "",
    )
