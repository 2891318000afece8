"""Plays in the browser: switching them, who is in them and why, and the editor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from people import NOW
from plays.test_play_spec import PLAY

from tenure.accounts.models import Account, Membership, Person
from tenure.channels.models import Message, PushSubscription
from tenure.core import policy as policies
from tenure.core.models import AuditEntry, Job
from tenure.plays import advance, entering, jobs, policy, settings, switching
from tenure.plays.models import DryRunKept, Enrolment, PlaySwitch
from tenure.plays.pages import form, summary
from tenure.plays.pages.writing import to_toml

ROLES = ("admin", "cs_lead", "csm", "support", "analyst")
LIBRARY = sorted(path.stem for path in settings.LIBRARY.glob("*.toml"))


@pytest.fixture
def play(workspace: Any, alice: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A play that is on, with Acme in it."""
    monkeypatch.setattr(entering, "held_out", lambda *_: set())
    for name in ("acme", "bolt"):
        Account.objects.create(pk=name, name=name.title(), status="active", owner=alice)
        ann = Person.objects.create(pk=f"ann-{name}", email=f"ann@{name}.example", name="Ann Lee")
        Membership.objects.create(person=ann, account_id=name, role="champion")
    policies.save("plays/try", PLAY, alice, "test", NOW)
    switching.switch_on("try", alice, now=NOW)
    switching.put_in("try", ["acme"], alice, now=NOW)
    return "try"


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look_put_in_and_switch(play, seen_by, colleague, role):
    client, row = seen_by(colleague(role)), Enrolment.objects.get()
    for path in ("/plays/", "/plays/try/", "/plays/try/log/", "/plays/try/preview/",
                 "/plays/try/audience/", "/plays/try/effect/",
                 f"/plays/round/{row.pk}/"):  # fmt: skip
        assert client.get(path).status_code == 200, path
    enrols, edits = role in ("admin", "cs_lead", "csm"), role in ("admin", "cs_lead")
    for path, may in (("/plays/try/put-in/", enrols), (f"/plays/round/{row.pk}/out/", enrols),
                      ("/plays/try/switch/", edits), ("/plays/try/edit/", edits),
                      ("/plays/new/", edits), ("/plays/audience/", edits)):  # fmt: skip
        assert (client.post(path).status_code == 403) != may, path


def test_the_overview_lists_every_play_and_what_runs_first(play, seen_by, alice):
    text = seen_by(alice).get("/plays/").content.decode()
    assert text.index("Running") < text.index("Try") < text.index("Off")
    for name in LIBRARY:
        assert policy.play(name).title.replace("’", "’") in text or name in text


def test_a_play_is_paused_goes_on_and_is_stopped(play, seen_by, alice):
    client = seen_by(alice)
    for state, said in (("paused", "It is paused"), ("on", "It runs"), ("off", "It is off. 1 in")):
        answer = client.post("/plays/try/switch/", {"state": state}, follow=True)
        assert said in answer.content.decode()
        assert PlaySwitch.objects.get().state == state
    assert Enrolment.objects.get().state == "stopped"
    assert "Say whether" in client.post("/plays/try/switch/", follow=True).content.decode()


def test_for_whom_it_is_and_to_whom_it_writes_is_said_in_words(workspace, seen_by, alice):
    page = seen_by(alice).get("/plays/win-back/").content.decode()
    assert "The economic buyer, or else the champion" in page
    assert "<dt>Meant for</dt><dd>Who left.</dd>" in page
    page = seen_by(alice).get("/plays/no-login-14-days/").content.decode()
    assert "<dd>Customers, and who has not bought yet.</dd>" in page


def test_accounts_are_put_in_by_name_and_unknown_ones_are_named(play, seen_by, alice):
    client = seen_by(alice)
    answer = client.post("/plays/try/put-in/", {"accounts": "Bolt\nacme"}, follow=True)
    assert "1 put in. 1 stayed out" in answer.content.decode()
    answer = client.post("/plays/try/put-in/", {"accounts": "nobody"}, follow=True)
    assert "there is no account nobody" in answer.content.decode()


def test_the_log_says_why_and_one_round_shows_what_was_sent(play, seen_by, alice):
    client, row = seen_by(alice), Enrolment.objects.get()
    while advance.advance_due(NOW):
        pass
    assert "by hand alice@example.com" in client.get("/plays/try/log/").content.decode()
    text = client.get(f"/plays/round/{row.pk}/").content.decode()
    assert "ann@acme.example" in text
    assert Message.objects.get().content["subject"] in text
    answer = client.post(f"/plays/round/{row.pk}/out/", {"why": "they asked"}, follow=True)
    assert "Taken out" in answer.content.decode()
    assert Message.objects.get().state == "cancelled"
    assert AuditEntry.objects.filter(action="play.taken_out").exists()


def test_taking_out_without_a_reason_is_refused_with_what_to_do(play, seen_by, alice):
    answer = seen_by(alice).post(f"/plays/round/{Enrolment.objects.get().pk}/out/", follow=True)
    assert "say why they are taken out" in answer.content.decode()
    assert Enrolment.objects.get().state == "active"


def test_the_preview_fills_in_a_real_account_and_a_test_goes_to_oneself(play, seen_by, alice):
    client = seen_by(alice)
    text = client.get("/plays/try/preview/", {"account": "Bolt"}).content.decode()
    assert "ann@bolt.example" in text
    assert "{{" not in text
    client.post("/plays/try/preview/send/", {"step": "write", "account": "bolt"})
    message = Message.objects.get()
    assert (message.address, message.content["subject"][:6]) == ("alice@example.com", "[Test]")
    assert client.post("/plays/try/preview/send/", {"step": "no"}).status_code == 404
    text = client.get("/plays/try/preview/", {"account": "zoe"}).content.decode()
    assert "No such account" in text


PERSONAL = (
    """
title = "Ways"
about = "Every way to a person."
purpose = "help"
to = ["champion", "user"]
[trigger]
kind = "manual"
[[steps]]
id = "mail"
kind = "mail"
subject = "Hello"
text = """
    + '"""'
    + """
Hello {{ account.name }}

[Open it](https://shop.example/open)"""
    + '"""'
    + """
[[steps]]
id = "note"
kind = "in_app"
slot = "banner"
title = "Hello {{ account.name }}"
text = "A note"
[[steps]]
id = "ping"
kind = "push"
title = "Hello"
text = "A ping"
"""
)


@pytest.fixture
def ways(play, alice):
    policies.save("plays/ways", PERSONAL, "alice", "", NOW)
    return "ways"


def test_the_preview_shows_a_mail_as_html_and_as_text(ways, seen_by, alice):
    Account.objects.filter(pk="bolt").update(name="[Pay](https://evil.example) <b>")
    text = seen_by(alice).get("/plays/ways/preview/", {"account": "bolt"}).content.decode()
    assert '<a class="btn btn-primary" href="https://shop.example/open">Open it</a>' in text
    assert "Open it: https://shop.example/open" in text
    assert ">Pay</a>" not in text
    assert "<b>" not in text


def test_tests_in_the_product_and_as_push_go_to_oneself_as_its_user(ways, seen_by, alice):
    client, path = seen_by(alice), "/plays/ways/preview/send/"

    def send(step):
        answer = client.post(path, {"step": step, "account": "bolt"}, follow=True)
        return answer.content.decode()

    assert "No user of the product has your address" in send("note")
    Person.objects.create(pk="u-alice", email="Alice@Example.com")
    assert "A test waits for you in the product" in send("note")
    assert "has a device that takes pushes" in send("ping")
    PushSubscription.objects.create(
        endpoint="https://fcm.googleapis.com/x", person_id="u-alice", created_at=NOW
    )
    assert "on its way to the devices" in send("ping")
    rows = {m.channel: m for m in Message.objects.all()}
    assert set(rows) == {"in_app", "push"}
    assert {m.person_id for m in rows.values()} == {"u-alice"}
    assert rows["in_app"].content["title"].startswith("[Test] Hello")
    assert rows["in_app"].account_id == ""


def test_a_trial_is_asked_for_once_and_shown_when_it_is_done(play, seen_by, alice):
    client = seen_by(alice)
    client.post("/plays/try/try/")
    client.post("/plays/try/try/")
    assert Job.objects.filter(kind=jobs.DRY_RUN).count() == 1
    assert "waits for a worker" in client.get("/plays/try/").content.decode()
    Job.objects.update(state="done")
    result = {"looked_at": ["2026-02-23", "2026-03-02"], "count": 3, "by_day": {"2026-03-02": 3},
              "entries": [{"account_id": "acme", "at": "2026-03-02"}]}  # fmt: skip
    DryRunKept.objects.update(finished_at=NOW, result=result)
    text = client.get("/plays/try/").content.decode()
    assert "3</span> accounts would have come in, 3.0 a week" in " ".join(text.split())


def fields_of(client: Client, path: str) -> dict[str, list[str]]:
    """What the browser would post if the form were sent as it stands."""
    from html.parser import HTMLParser

    found: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        select = area = skipped = text = ""
        fresh = True

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name, value = given.get("name") or "", given.get("value") or ""
            if tag == "template" or (tag == "fieldset" and "disabled" in given):
                self.skipped = self.skipped or tag
            if self.skipped:
                return
            if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
                found.setdefault(name, []).append(value)
            elif tag == "select":
                self.select, self.fresh = name, True
            elif tag == "option" and self.select:
                listed = found.setdefault(self.select, [])
                if self.fresh:
                    listed.append(value)
                elif "selected" in given:
                    listed[-1] = value
                self.fresh = False
            elif tag == "textarea":
                self.area, self.text = name, ""

        def handle_data(self, data: str) -> None:
            self.text += data if self.area else ""

        def handle_endtag(self, tag: str) -> None:
            if tag == self.skipped:
                self.skipped = ""
            elif tag == "select":
                self.select = ""
            elif tag == "textarea" and self.area:
                found.setdefault(self.area, []).append(self.text)
                self.area = ""

    Reader().feed(client.get(path).content.decode())
    return found


@pytest.mark.parametrize("name", LIBRARY)
def test_a_packaged_play_goes_through_the_editor_unchanged(workspace, seen_by, alice, name):
    raw = form.posted(fields_of(seen_by(alice), f"/plays/{name}/edit/"))
    from tenure.plays import spec

    again, before = spec.parse(name, to_toml(raw)), policy.play(name)
    assert again.model_dump(exclude={"steps", "about"}) == before.model_dump(
        exclude={"steps", "about"}
    )
    for one, other in zip(again.steps, before.steps, strict=True):
        texts = {k: str(v).strip() for k, v in one.model_dump().items()}
        assert texts == {k: str(v).strip() for k, v in other.model_dump().items()}


def test_a_play_is_written_from_nothing_in_the_form(play, seen_by, alice):
    client = seen_by(alice)
    given = fields_of(client, "/plays/new/") | {
        "title": ["Say hello"], "about": ["A first word."], "do": ["save"],
        "trigger-rule-field": ["health", ""], "trigger-rule-op": ["<", ">="],
        "trigger-rule-value": ["50", ""], "s0-subject": ["Hello"],
        "s0-text": ["Hello {{ person.first_name | there }}"], "goal-title": ["Healthy"],
        "goal-field": ["health"], "goal-op": [">="], "goal-value": ["60"],
    }  # fmt: skip
    answer = client.post("/plays/new/", given)
    assert answer.status_code == 302, answer.content.decode()
    written = policy.play("say-hello")
    assert (written.title, written.steps[0].kind) == ("Say hello", "mail")
    assert written.goal is not None
    assert not PlaySwitch.objects.filter(pk="say-hello").exists()


def test_nothing_typed_is_lost_when_a_text_asks_for_an_unknown_variable(play, seen_by, alice):
    client = seen_by(alice)
    given = fields_of(client, "/plays/try/edit/")
    answer = client.post(
        "/plays/try/edit/", given | {"s0-text": ["Dear {{ nme }}"], "do": ["save"]}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "there is no variable nme" in text
    assert "Dear {{ nme }}" in text
    assert policy.version("try") == 1


def test_steps_are_added_moved_and_removed_by_buttons_without_saving(play, seen_by, alice):
    client = seen_by(alice)
    given = fields_of(client, "/plays/try/edit/")
    text = client.post("/plays/try/edit/", given | {"do": ["add:wait"]}).content.decode()
    assert 'value="wait-' in text or 'value="wait"' in text
    assert policy.version("try") == 1
    raw = {"steps": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
    ids = lambda do: "".join(s["id"] for s in form.changed(raw, do)["steps"])  # noqa: E731
    assert (ids("up:1"), ids("down:0"), ids("remove:2"), ids("up:0")) == ("bac", "bac", "ab", "abc")


def test_two_people_editing_at_once_do_not_overwrite_each_other(play, seen_by, alice):
    client = seen_by(alice)
    given = fields_of(client, "/plays/try/edit/") | {"do": ["save"]}
    assert client.post("/plays/try/edit/", given | {"about": ["Mine."]}).status_code == 302
    answer = client.post("/plays/try/edit/", given | {"about": ["Theirs."]})
    assert answer.status_code == 422
    assert policy.play("try").about == "Mine."


def test_the_count_follows_the_form_and_the_message_check_speaks(play, seen_by, alice):
    client = seen_by(alice)
    given = fields_of(client, "/plays/try/edit/")
    guilty = given | {"s0-text": ["We miss you, {{ account.name }}"], "trigger-kind": ["manual"]}
    text = client.post("/plays/audience/", guilty).content.decode()
    assert "of 2 accounts can come in" in text
    assert "presses on guilt" in text
    wrong = given | {"trigger-rule-field": ["nonsense"]}
    assert "there is no field" in client.post("/plays/audience/", wrong).content.decode()


def test_steps_are_told_with_the_day_they_come_on():
    days = summary.when(policy_play("win-back"))
    assert {k: v for k, v in days.items() if not k.startswith("to-")} == {
        "goodbye": (0, 0), "news": (6, 6), "founder": (13, 13), "offer": (29, 29),
        "question": (59, 59),
    }  # fmt: skip


def policy_play(name: str) -> Any:
    from tenure.plays import spec

    return spec.parse(name, (settings.LIBRARY / f"{name}.toml").read_text())


def test_too_early_to_tell_is_said_and_then_the_effect(play, seen_by, alice):
    client = seen_by(alice)
    Enrolment.objects.update(entered_at=timezone.now())
    assert "Too early to tell" in client.get("/plays/try/effect/").content.decode()
    Enrolment.objects.update(entered_at=timezone.now() - timedelta(days=60))
    text = client.get("/plays/try/effect/").content.decode()
    assert "1 judged" in text
