"""Following the links of a running Tenure, as somebody who is signed in."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import httpx
from django.urls import Resolver404, resolve

TAG = re.compile(r"<([a-z][a-z0-9]*)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
ATTRIBUTE = re.compile(r"([\w:-]+)=(?:\"([^\"]*)\"|'([^']*)')")
UNSEEN = re.compile(r"<(script|style|template|svg)\b.*?</\1>|<!--.*?-->", re.DOTALL)
SIGN_IN, LEAVE = "/sign-in/login/", "/sign-in/logout/"


@dataclass(frozen=True)
class Link:
    """An address that a page offers: ``how`` is the attribute that names it."""

    url: str
    how: str
    on: str


@dataclass(frozen=True)
class Page:
    """What an address answered; ``ids`` are what links within it may aim at."""

    url: str
    view: str
    status: int
    kind: str
    body: str
    on: str

    def tags(self) -> Iterator[tuple[str, dict[str, str]]]:
        for name, rest in TAG.findall(UNSEEN.sub("", self.body)):
            pairs = ATTRIBUTE.findall(rest)
            yield name, {key: html.unescape(one or other) for key, one, other in pairs}

    def words(self) -> list[str]:
        """What a person reads, piece by piece."""
        pieces = re.split(r"<[^>]*>", UNSEEN.sub("", self.body))
        return [" ".join(html.unescape(p).split()) for p in pieces if p.strip()]

    def links(self) -> Iterator[Link]:
        """Links, panels, scripts, styles, pictures, and forms that only ask."""
        for tag, given in self.tags():
            for how in ("href", "hx-get", "src"):
                if given.get(how):
                    yield Link(urljoin(self.url, given[how]), how, self.url)
            if tag == "form" and given.get("method", "get").lower() == "get" and "action" in given:
                yield Link(urljoin(self.url, given["action"]), "action", self.url)

    def dead_anchors(self) -> list[str]:
        """Places on this page that its links name, and that are not there."""
        ids = {given["id"] for _, given in self.tags() if "id" in given}
        parts = (urldefrag(link.url) for link in self.links() if link.how == "href")
        here = urldefrag(self.url).url
        return [f for url, f in parts if url == here and f and f not in ids]


def sign_in(base: str, email: str, password: str) -> httpx.Client:
    """A browser with the session of a colleague."""
    client = httpx.Client(base_url=base, timeout=60, headers={"user-agent": "crawl"})
    client.get(SIGN_IN)
    answer = client.post(
        SIGN_IN,
        data={
            "login": email,
            "password": password,
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        },
    )
    assert answer.status_code == 302, answer.text
    return client


class Crawl:
    """Breadth first, ``each`` addresses of each set of parameters of a view, ``most`` of a view."""

    def __init__(self, client: httpx.Client, each: int, most: int) -> None:
        self.client, self.each, self.most = client, each, most
        self.pages: dict[str, Page] = {}
        self.counts: Counter[str | tuple[str, ...]] = Counter()

    def run(self, starts: Iterable[str]) -> dict[str, Page]:
        waiting = deque(Link(urljoin(str(self.client.base_url), s), "start", "") for s in starts)
        while waiting:
            link = waiting.popleft()
            url = urldefrag(link.url).url
            if url in self.pages or not self._wanted(url, link.how == "start"):
                continue
            page = self.pages[url] = self._get(url, link)
            if page.kind == "text/html":
                waiting.extend(page.links())
        return self.pages

    def _wanted(self, url: str, sure: bool) -> bool:
        parts = urlsplit(url)
        if (
            f"{parts.scheme}://{parts.netloc}" != str(self.client.base_url).rstrip("/")
            or parts.path == LEAVE
        ):
            return False
        view, asked = view_of(parts.path), sorted({k for k, _ in parse_qsl(parts.query)})
        if sure or view == "static":
            return True
        few = self.counts[view] < self.most and self.counts[view, *asked] < self.each
        self.counts.update([view, (view, *asked)] if few else [])
        return few

    def _get(self, url: str, link: Link) -> Page:
        headers = {"hx-request": "true"} if link.how == "hx-get" else {}
        answer = self.client.get(url, headers=headers, follow_redirects=True)
        kind = answer.headers.get("content-type", "").split(";")[0]
        body = answer.text if kind == "text/html" else ""
        return Page(
            str(answer.url), view_of(urlsplit(url).path), answer.status_code, kind, body, link.on
        )


def view_of(path: str) -> str:
    """The name of the view that answers; for panels of an account, which one."""
    if path.startswith("/static/"):
        return "static"
    try:
        found = resolve(path)
    except Resolver404:
        return "?"
    panel = found.kwargs["name"] if found.view_name == "account_panel" else ""
    return f"{found.view_name or found.route}{':' if panel else ''}{panel}"
