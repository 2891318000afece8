"""The team's pages of the cancel flow: saves, visits, what waits, builder, preview."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
import time_machine
import worlds
from django.test import Client
from programs.cancel.cancelling import MONDAY, Company, days, make

from tenure.connectors.billing.models import Act
from tenure.core import policy
from tenure.programs.cancel import documents, settings
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.pages import form
from tenure.programs.cancel.workflow import Cancel, Keep, No, ReasonGiven, Yes

PAGES = ("", "visits/", "visits/1/", "waiting/", "builder/", "builder/preview/")


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    found = make(monkeypatch)
    with time_machine.travel(found.now, tick=False):
        yield found


@pytest.fixture
def visited(company: Company) -> Company:
    """Saved, then cancelled anyway; and one whose discount billing refused."""
    company.now, till = worlds.fill("cancel visits", lambda: _visits(company))
    vars(company.till).update(till)
    return company


def _visits(company: Company) -> tuple[datetime, dict[str, Any]]:
    company.says(
        company.comes(), ReasonGiven("too_expensive"), Yes("discount"), more="Half, please"
    )
    company.now += days(3)
    company.says(company.comes(), ReasonGiven("switching"), No(), Cancel())
    company.subscribe("other", "s9", plan_id="basic")
    company.till.says_no = "locked"
    company.says(company.comes("other"), ReasonGiven("too_expensive"), Yes("discount"))
    return company.now, vars(company.till)


@pytest.fixture
def seen(visited: Company, seen_by: Any, alice: Any) -> Any:
    with time_machine.travel(visited.now + days(40), tick=False):
        yield seen_by(alice)


def text_of(client: Client, path: str) -> str:
    answer = client.get(f"/cancel-flow/{path}")
    assert answer.status_code == 200, path
    return unescape(answer.content.decode())


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_every_role_with_the_permission_reads_them(
    visited: Company, seen_by: Any, colleague: Any, role: str
) -> None:
    client = seen_by(colleague(role))
    pk = Visit.objects.order_by("pk").values_list("pk", flat=True)[0]
    for path in PAGES:
        page = path.replace("1", str(pk)) if path == "visits/1/" else path
        assert client.get(f"/cancel-flow/{page}").status_code == 200, path


@pytest.mark.parametrize("path", PAGES)
def test_a_role_without_the_permission_is_refused(
    visited: Company, seen_by: Any, colleague: Any, alice: Any, path: str
) -> None:
    text = re.sub(r'"cancel.view",( "cancel.handle",)?\s*', "", policy.default_text("roles"))
    policy.save("roles", text, alice, "", MONDAY)
    client = seen_by(colleague("csm"))
    assert client.get(f"/cancel-flow/{path}").status_code == 403
    assert Client().get(f"/cancel-flow/{path}").status_code == 302


def test_charlie_who_left_sees_nothing(visited: Company, charlie: Any) -> None:
    client = Client()
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/cancel-flow/").status_code == 302


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_who_only_reads_changes_nothing(
    visited: Company, seen_by: Any, colleague: Any, role: str
) -> None:
    client = seen_by(colleague(role))
    act = Act.objects.get(state="refused")
    assert client.post(f"/cancel-flow/waiting/{act.pk}/again/").status_code == 403
    assert client.post(f"/cancel-flow/acts/{act.pk}/take-back/", {"why": "x"}).status_code == 403
    assert client.post("/cancel-flow/builder/switch/", {"on": "0"}).status_code == 403
    assert client.post("/cancel-flow/builder/", {}).status_code == 403
    assert "/again/" not in text_of(client, "waiting/")


def test_an_empty_workspace_is_told_how_to_begin(
    company: Company, seen_by: Any, alice: Any
) -> None:
    client = seen_by(alice)
    for path in ("", "visits/"):
        assert "Nobody has come to cancel yet" in text_of(client, path)
    assert "Nothing waits" in text_of(client, "waiting/")


def test_three_numbers_and_what_lasted(seen: Any) -> None:
    page = text_of(seen, "")
    told = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", page, re.DOTALL))
    plain = {k: re.sub(r"<[^>]+>", "", v) for k, v in told.items()}
    assert plain["Offers taken"].startswith("2")
    assert plain["Went later anyway"].startswith("1 + 0")
    assert plain["Cancelled"].startswith("1")
    assert plain["Save rate"].startswith("67 %")
    assert "above target" in plain["Save rate"]
    assert plain["Lasted 30 days"].startswith("50 %")


def test_every_number_opens_to_its_visits(seen: Any) -> None:
    page = text_of(seen, "")
    links = set(re.findall(r'href="(visits/\?[^"]+)"', page))
    assert len(links) > 15
    for link in links:
        text_of(seen, link)
    gone = next(x for x in links if "gone=1" in x and "outcome=saved" in x)
    assert text_of(seen, gone).count('<tr><th scope="row">') == 1
    smb = text_of(seen, "visits/?span=&reason=switching")
    assert smb.count('<tr><th scope="row">') == 1
    assert "Nothing matches" in text_of(seen, "visits/?span=&segment=enterprise")


def test_one_visit_shows_what_was_said_offered_and_done(seen: Any) -> None:
    first = Visit.objects.order_by("pk").first()
    assert first is not None
    page = text_of(seen, f"visits/{first.pk}/")
    for words in ("Half, please", "It is too expensive for us", "25 %", "accepted", "Discount"):
        assert words in page
    assert seen.get("/cancel-flow/visits/999999/").status_code == 404


def test_what_billing_refused_is_tried_again_by_a_person(seen: Any, visited: Company) -> None:
    assert "locked" in text_of(seen, "waiting/")
    act = Act.objects.get(state="refused")
    seen.post(f"/cancel-flow/waiting/{act.pk}/again/")
    act.refresh_from_db()
    assert act.state == "refused"
    visited.till.says_no = ""
    answer = seen.post(f"/cancel-flow/waiting/{act.pk}/again/", follow=True)
    assert "Done." in answer.content.decode()
    act.refresh_from_db()
    assert act.state == "done"


def test_what_was_done_is_taken_back_with_a_reason(seen: Any, visited: Company) -> None:
    visited.till.says_no = ""
    act = Act.objects.get(what="coupon", state="done")
    path = f"/cancel-flow/acts/{act.pk}/take-back/"
    assert "reason is empty" in seen.post(path, {"why": ""}, follow=True).content.decode()
    page = seen.post(path, {"why": "asked by phone"}, follow=True).content.decode()
    assert "Taken back." in page
    assert "Taking back: Discount" in page
    act.refresh_from_db()
    assert act.state == "undone"


# --- builder


def posted(client: Client) -> dict[str, str]:
    """The builder's form as a browser would send it back unchanged."""
    page = client.get("/cancel-flow/builder/").content.decode()
    found = {}
    body = page[page.index('name="based_on"') - 200 :]
    for tag in re.findall(r"<input [^>]+>", body):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, value in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.S
    ):
        found[name] = unescape(value).lstrip("\n")
    found["offers.new.kind"] = "discount"
    return found


def test_saving_what_was_not_changed_changes_nothing(
    company: Company, seen_by: Any, alice: Any
) -> None:
    client = seen_by(alice)
    before = policy.text("cancel")
    answer = client.post("/cancel-flow/builder/", posted(client))
    assert answer.status_code == 302
    assert policy.text("cancel") == before


def test_a_change_is_a_new_version_and_keeps_the_comments(
    company: Company, seen_by: Any, alice: Any
) -> None:
    client = seen_by(alice)
    given = posted(client) | {
        "offers.discount.percent": "20", "offers.discount.title.de": "Weniger zahlen",
        "running.export_url": "https://shop.example/export", "split.arms.control": "20",
        "paths.2.offers": "downgrade, discount", "reasons.other.remove": "1",
        "paths.new.reasons": "temporary", "paths.new.offers": "onboarding", "paths.new.place": "0",
        "offers.roadmap.url": "https://shop.example/next", "note": "Spring",
    }  # fmt: skip
    version = policy.version("cancel")
    assert client.post("/cancel-flow/builder/", given).status_code == 302
    assert policy.version("cancel") == version + 1
    now = documents.current()
    discount, roadmap = now.offer("discount"), now.offer("roadmap")
    assert discount
    assert roadmap
    assert (discount.percent, discount.title["de"]) == (20, "Weniger zahlen")
    assert discount.title["en"] == "{percent} % off for {months} months"
    assert roadmap.url == "https://shop.example/next"
    assert now.paths[0].reasons == ("temporary",)
    assert now.paths[3].offers == ("downgrade", "discount")
    assert now.split.arms["control"] == 0.2
    assert now.reason("other") is None
    assert "# nobody is shown a second discount before" in policy.text("cancel")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("offers.discount.percent", "50", "half the price"),
        ("offers.pause.months", "6", "1 to 3 months"),
        ("offers.discount.text.en", "We miss you", "guilt"),
        ("guardrails.discount_cooldown_days", "0", "greater than or equal to 180"),
        ("paths.0.offers", "gift", "gift"),
        ("running.open_hours", "soon", "open_hours"),
    ],
)
def test_what_the_rules_forbid_is_said_and_what_was_typed_stays(
    company: Company, seen_by: Any, alice: Any, name: str, value: str, says: str
) -> None:
    client = seen_by(alice)
    version = policy.version("cancel")
    answer = client.post("/cancel-flow/builder/", posted(client) | {name: value})
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    assert says in page
    assert value in page
    assert policy.version("cancel") == version


def test_an_offer_and_a_reason_can_be_added(company: Company, seen_by: Any, alice: Any) -> None:
    client = seen_by(alice)
    given = posted(client) | {
        "offers.new.name": "short_pause", "offers.new.kind": "pause", "offers.new.months": "1",
        "reasons.new.name": "closing",
    }  # fmt: skip
    for part in form.OFFER_TEXTS:
        given |= {
            f"offers.new.{part}.en": "A month off",
            f"offers.new.{part}.de": "Ein Monat Pause",
        }
    for part in form.REASON_TEXTS:
        given |= {f"reasons.new.{part}.en": "We close", f"reasons.new.{part}.de": "Wir schließen"}
    assert client.post("/cancel-flow/builder/", given).status_code == 302
    now = documents.current()
    assert now.offer("short_pause")
    assert now.reason("closing")


def test_two_people_do_not_overwrite_each_other(company: Company, seen_by: Any, alice: Any) -> None:
    client = seen_by(alice)
    given = posted(client)
    client.post("/cancel-flow/builder/", given | {"running.open_hours": "24"})
    answer = client.post("/cancel-flow/builder/", given | {"running.open_hours": "12"})
    assert answer.status_code == 422
    assert "somebody else" in answer.content.decode()


def test_it_is_switched_on_and_off(company: Company, seen_by: Any, alice: Any) -> None:
    client = seen_by(alice)
    client.post("/cancel-flow/builder/switch/", {"on": "0"})
    assert not documents.current().running.on
    assert "switched off" in text_of(client, "")
    client.post("/cancel-flow/builder/switch/", {"on": "1"})
    assert documents.current().running.on


def test_the_preview_plays_every_reason_through_and_writes_nothing(
    company: Company, seen_by: Any, alice: Any
) -> None:
    page = text_of(seen_by(alice), "builder/preview/?account=Acme")
    assert page.count('class="as-seen"') >= 8
    assert "Left out: roadmap, as no page is set (url)." in page
    assert "Sign-in by SSO" in page
    control = text_of(seen_by(alice), "builder/preview/?account=acme&arm=control")
    assert 'class="as-seen"' not in control
    german = text_of(seen_by(alice), "builder/preview/?account=acme&language=de")
    assert "Nachlass" in german
    assert not Visit.objects.exists()
    company.says(company.comes(), Keep())
    company.subscribe(status="cancelled", ended_at=company.now, updated_at=company.now)
    with time_machine.travel(company.now, tick=False):
        assert "Nothing to cancel" in text_of(seen_by(alice), "builder/preview/?account=acme")
    assert "No such account" in text_of(seen_by(alice), "builder/preview/?account=nobody")


def test_a_path_for_a_segment_that_nobody_made_is_pointed_out(
    company: Company, seen_by: Any, alice: Any
) -> None:
    text = policy.text(settings.DOCUMENT).replace('segments = ["enterprise"]', 'segments = ["vip"]')
    policy.save(settings.DOCUMENT, text, alice, "", MONDAY)
    assert "There is no segment vip" in text_of(seen_by(alice), "builder/")
