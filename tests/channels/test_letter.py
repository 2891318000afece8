"""A mail's two parts, from one text: the same words, safe, and readable to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import NOON, Clock, Mailbox

from tenure.channels import periodic_tasks
from tenure.channels.drafts import Draft, submit
from tenure.channels.mail import letter
from tenure.channels.mail.marked import unmarked

TEXT = """Hello Ann,

three reports wait, as [the help](https://example.com/help) says.

[Open the reports](https://example.com/r?a=1&b=2)

[Later](https://example.com/later)

See also https://example.com/x."""


class Read(HTMLParser):
    """What a reader gets: the words, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = "", [], []  # type: ignore[var-annotated]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.words += data


def test_links_have_words_and_the_first_alone_is_the_one_button() -> None:
    html = letter.fragment(TEXT, marked=True)
    read = Read(html)
    assert read.links == [
        "https://example.com/help", "https://example.com/r?a=1&b=2", "https://example.com/later",
        "https://example.com/x",
    ]  # fmt: skip
    assert html.count("inline-block") == 1
    assert "Open the reports" in read.words
    assert "](" not in read.words


def test_the_plain_part_says_where_links_lead() -> None:
    plain = letter.as_text(TEXT)
    assert "as the help (https://example.com/help) says." in plain
    assert "Open the reports: https://example.com/r?a=1&b=2" in plain
    assert "[" not in plain


def test_texts_that_do_not_say_so_keep_their_brackets() -> None:
    read = Read(letter.fragment("Hello [Pay](https://evil.example)!"))
    assert read.words == "Hello [Pay](https://evil.example)!"


def test_words_of_others_stay_words() -> None:
    text = f"Hello {unmarked('[Pay](https://evil.example)')}"
    assert "Pay</a>" not in letter.fragment(text, marked=True)


@given(st.text(alphabet=st.sampled_from("ab <>&\"'[]()\n:/.https"), max_size=120), st.booleans())
def test_whatever_is_written_only_our_elements_come_out(text: str, marked: bool) -> None:
    read = Read(letter.fragment(text, marked=marked))
    assert set(read.tags) <= {"p", "a", "br"}
    assert all(link.startswith(("http://", "https://")) for link in read.links)
    said = re.sub(r"\s+", "", read.words)
    assert marked or said == re.sub(r"\s+", "", text)


def test_the_document_can_be_read_by_everybody() -> None:
    html = letter.document("A <subject>", "Hello", "Why you get this", "de", marked=False)
    assert html.startswith('<!doctype html>\n<html lang="de">')
    assert "<title>A &lt;subject&gt;</title>" in html
    assert 'role="article" aria-label="A &lt;subject&gt;"' in html
    assert not re.search(r"<(img|script|link|table|style)\b", html)
    colours = [("#1d2433", "#ffffff"), ("#4a5262", "#ffffff"), ("#0b57a4", "#ffffff")]
    assert all(_contrast(a, b) >= 4.5 for a, b in colours)  # WCAG 2.2, 1.4.3
    assert all(a in html + letter.fragment(TEXT, marked=True) for a, _ in colours)


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.django_db
def test_a_mail_leaves_with_both_parts_and_its_footer_in_both(
    mailbox: Mailbox, mail: Callable[..., Draft], clock: Clock
) -> None:
    content = {"subject": "Reports", "text": TEXT, "marked": True, "language": "de"}
    submit([mail(content=content)], now=NOON)
    periodic_tasks.work(clock)
    (got,) = mailbox.mails
    plain, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[attr-defined]
    assert "-- " in plain.splitlines()
    out = str(got["List-Unsubscribe"]).strip().strip("<>")
    assert out in plain
    assert out in Read(html).links
    assert '<html lang="de">' in html
    assert "https://example.com/r?a=1&b=2" in Read(html).links
