"""Every link of every page, for every role, in a small demo; one page of each view in Chromium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest
from browser.watching import PHONE, STICKING_OUT, TOO_WIDE, WIDE, Watched
from crawling import Crawl, Page, view_of
from django.urls import URLResolver, get_resolver
from playwright.sync_api import expect
from small_larkspur import NAMES, ODD, PEOPLE, SmallLarkspur

EACH, MOST = 2, 5
"""Addresses an admin looks at of each view and set of parameters, and of each view. Of the pages of
others, which differ in what they may do, one of each view."""
UNREACHED = {
    "account_confirm_email", "account_confirm_login_code", "account_email", "account_inactive",
    "account_email_verification_sent", "account_reset_password_done", "account_set_password",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_signup",
    "mfa_authenticate", "mfa_deactivate_totp", "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_reauthenticate", "mfa_view_recovery_codes",
    "account_logout",  # sign-in: some is not offered, some needs a mail or a second factor
    "first_run",  # there is a team
    "health_progress", "practice_progress", "validation_progress", "play_try_progress",
    "facts_import_work", "facts_mapping",  # while work is under way
    "validation_compare",  # needs two reports
    "validation_learned_version",  # needs more losses than a small company has
    "exit_interview", "pay", "change_card", "preferences",  # in mails, which nobody sent
}  # fmt: skip
OUTSIDE = ("api/", "healthz", "in-app/", "mail-events/")
"""What programs ask for, not people."""


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLarkspur]:
    made = SmallLarkspur(tmp_path_factory.mktemp("crawl") / "larkspur")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def seen(larkspur: SmallLarkspur) -> dict[str, dict[str, Page]]:
    """What each role saw, by address; ``customer`` is nobody of the team."""
    with httpx.Client(base_url=larkspur.url, timeout=60) as browser:
        found = {"customer": Crawl(browser, EACH, MOST).run(larkspur.starts["customer"])}
    for role in PEOPLE:
        with closing(larkspur.signed_in(role)) as browser:
            crawl = Crawl(browser, EACH, MOST) if role == "admin" else Crawl(browser, 1, 1)
            found[role] = crawl.run(larkspur.starts["team"])
    return found


def everywhere(seen: Mapping[str, Mapping[str, Page]]) -> Iterator[tuple[str, Page]]:
    for role, pages in seen.items():
        for page in pages.values():
            yield role, page


def test_every_link_and_panel_opens_for_whom_it_is_shown(seen, larkspur):
    refused = [
        f"{role}: {page.status} {page.url} on {page.on}"
        for role, page in everywhere(seen)
        if page.status >= 400
    ]
    assert refused == []
    assert "Traceback" not in larkspur.log()


def test_no_page_says_that_a_part_could_not_be_loaded(seen):
    faults = [p.url for _, p in everywhere(seen) if "could not be loaded" in " ".join(p.words())]
    assert faults == []


def test_links_within_a_page_lead_to_a_place_on_it(seen):
    dead = {f"{p.view} #{place}" for _, p in everywhere(seen) for place in p.dead_anchors()}
    assert dead == set()


def test_names_of_customers_are_text_and_never_markup(seen):
    assert any(NAMES[ODD] in page.words() for _, page in everywhere(seen))
    assert [page.url for _, page in everywhere(seen) if "<i>Ltd" in page.body] == []


def test_every_page_there_is_can_be_reached_by_following_links(seen):
    reached = {page.view.partition(":")[0] for _, page in everywhere(seen)}
    assert pages_of(get_resolver()) - reached == UNREACHED


def test_every_panel_of_an_account_was_loaded_for_some_account(seen):
    from tenure.web.accounts import panels

    reached = {page.view for _, page in everywhere(seen)}
    wanted = {f"account_panel:{panel.name}" for panel in panels.every()}
    assert wanted - reached == {"account_panel:chance"}  # needs a learned model


def pages_of(resolver: Any, before: str = "") -> set[str]:
    """Names of the views that answer to GET."""
    found: set[str] = set()
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if path.startswith(OUTSIDE):
            continue
        if isinstance(pattern, URLResolver):
            found |= pages_of(pattern, path)
        elif "POST" not in methods(pattern.callback) or "GET" in methods(pattern.callback):
            found.add(pattern.name)
    return found


def methods(view: Any) -> tuple[str, ...]:
    """What require_http_methods allows; empty for a view without it."""
    for cell in getattr(view, "__closure__", None) or ():
        held = cell.cell_contents
        if isinstance(held, list | tuple) and held and all(isinstance(x, str) for x in held):
            return tuple(held)
        if callable(held) and (deeper := methods(held)):
            return deeper
    return ()


def test_one_page_of_each_view_is_sound_in_chromium(seen, larkspur, chromium):
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    watched = Watched(context, larkspur.url)
    with closing(larkspur.signed_in("admin")) as browser:
        cookies = [{"name": n, "value": v, "url": larkspur.url} for n, v in browser.cookies.items()]
        context.add_cookies(cookies)
    faults = {}
    for view, path in representatives(seen).items():
        if found := unsound(watched, path):
            faults[f"{view} {path}"] = found
    context.close()
    assert not faults, "\n".join(f"{place}: {found}" for place, found in faults.items())


def representatives(seen: Mapping[str, Mapping[str, Page]]) -> dict[str, str]:
    """An address of each view that is a whole page."""
    found: dict[str, str] = {}
    for page in [*seen["admin"].values(), *seen["customer"].values()]:
        if "<html" in page.body and page.view == view_of(httpx.URL(page.url).path):
            found.setdefault(page.view, httpx.URL(page.url).raw_path.decode())
    return found


def unsound(watched: Watched, path: str) -> list[str]:
    """What is wrong with a page, wide and on a phone."""
    page = watched.page
    watched.faults.clear()
    page.set_viewport_size(WIDE)
    page.goto(watched.url + path, wait_until="load")
    expect(page.locator(".htmx-request")).to_have_count(0, timeout=30_000)
    found = watched.violations()
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        if (over := settled_width(page)) > 0:
            culprits = page.evaluate(STICKING_OUT)
            found.append(f"{over} px wider than a screen of {size['width']}: {culprits}")
    return found + watched.faults


def settled_width(page: Any) -> int:
    """How much wider than the screen the page is, once its charts are drawn anew."""
    for _ in range(30):
        over = int(page.evaluate(TOO_WIDE))
        if over <= 0:
            return over
        page.wait_for_timeout(100)
    return over
