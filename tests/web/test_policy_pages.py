"""Policy: readable, versioned, edited without losing a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.analytics.health.curves import Curve
from tenure.analytics.segments import Rule
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.health.pages import sentences
from tenure.health.pages.sketch import sketch
from tenure.web.policy.locate import line_of

MODEL = "health/models/formula"
EDIT = f"/policy/edit/{MODEL}/"


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_everybody_reads_and_two_roles_edit(workspace, seen_by, colleague, role):
    client = seen_by(colleague(role))
    assert client.get("/policy/").status_code == 200
    may = role in ("admin", "cs_lead")
    assert client.get(EDIT).status_code == (200 if may else 403)
    assert client.post(f"/policy/rollback/{MODEL}/", {"version": 0}).status_code == (
        302 if may else 403
    )
    assert ("Edit</a>" in client.get(f"/policy/read/{MODEL}/").content.decode()) is may


def test_every_document_can_be_read(workspace, seen_by, alice):
    client = seen_by(alice)
    names = policy.list_names()
    assert len(names) > 15
    for name in names:
        for way in ("read", "text", "versions"):
            assert client.get(f"/policy/{way}/{name}/").status_code == 200, (way, name)


def test_a_document_that_does_not_exist_is_not_found(workspace, seen_by, alice):
    client = seen_by(alice)
    for path in ("read/nothing", "edit/nothing", "read/health/models/none", "text/../../etc"):
        assert client.get(f"/policy/{path}/").status_code == 404, path


def test_a_model_reads_as_dimensions_curves_and_bands(workspace, seen_by, alice):
    text = seen_by(alice).get(f"/policy/read/{MODEL}/").content.decode()
    for words in (
        "Usage",
        "40 <span",
        "Days since anyone was active",
        'class="line" d="M',
        "Bands",
    ):
        assert words in text


def test_warnings_read_as_sentences_with_level_and_lead_time(workspace, seen_by, alice):
    text = seen_by(alice).get("/policy/read/signals/risk/").content.decode()
    assert "Last NPS answer is less than 6" in text
    assert "2-4 weeks" in text


def edited(client, body, action="save", **more):
    return client.post(EDIT, {"body": body, "action": action, "based_on": "0", **more})


def test_an_error_names_the_key_and_keeps_the_text(workspace, seen_by, alice):
    body = policy.text(MODEL).replace("weight = 40", "weight = 41") + "\n# my own words"
    answer = edited(seen_by(alice), body, note="why I do this")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "the weights add up to 101" in text
    assert "make them add up to 100" in text
    assert "# my own words" in text
    assert "why I do this" in text
    assert policy.version(MODEL) == 0


def test_broken_syntax_points_at_the_line(workspace, seen_by, alice):
    text = edited(seen_by(alice), "name = \n").content.decode()
    assert 'data-line="1"' in text


def test_a_saved_version_is_in_force_and_can_be_taken_back(workspace, seen_by, alice):
    client = seen_by(alice)
    body = policy.text(MODEL).replace('title = "Formula"', 'title = "Our formula"')
    assert edited(client, body, note="ours").status_code == 302
    assert policy.load(MODEL).title == "Our formula"
    text = client.get(f"/policy/versions/{MODEL}/").content.decode()
    assert "ours" in text
    assert '<span class="add">+title = &quot;Our formula&quot;</span>' in text
    client.post(f"/policy/rollback/{MODEL}/", {"version": "0"})
    assert policy.load(MODEL).title == "Formula"
    assert [e.action for e in AuditEntry.objects.all()] == ["policy.save", "policy.save"]


def test_two_editors_do_not_overwrite_each_other(workspace, seen_by, alice):
    client = seen_by(alice)
    edited(client, policy.text(MODEL) + "\n# first")
    answer = edited(client, policy.default_text(MODEL) + "\n# second")
    assert answer.status_code == 422
    assert "changed by somebody else" in answer.content.decode()
    assert "# second" in answer.content.decode()


def test_the_effect_of_a_model_is_shown_before_it_is_saved(customers, seen_by, alice):
    name = "health/models/six_dimensions"
    body = policy.text(name).replace("min = 80", "min = 95").replace("max = 79", "max = 94")
    answer = seen_by(alice).post(f"/policy/edit/{name}/", {"body": body, "action": "preview"})
    text = answer.content.decode()
    assert re.search(r"\d+ of 40 accounts would stand in another band", text)
    assert policy.version(name) == 0


def test_the_effect_of_segments_is_a_count(customers, seen_by, alice):
    body = '[all]\ntitle = "All"\nrule = { field = "health", op = ">=", value = 0 }\n'
    answer = seen_by(alice).post("/policy/edit/segments/", {"body": body, "action": "preview"})
    assert "What the segments would hold" in answer.content.decode()


def test_an_own_model_begins_as_a_copy_and_is_saved_when_sound(workspace, seen_by, alice):
    client = seen_by(alice)
    form = {"title": "Ours", "name": "ours", "source": "formula"}
    target = client.post("/policy/own-model/", form)["Location"]
    text = client.get(target).content.decode()
    assert "name = &quot;ours&quot;" in text
    assert "health/models/ours" not in policy.list_names()
    body = policy.text(MODEL).replace('name = "formula"', 'name = "ours"')
    client.post("/policy/edit/health/models/ours/", {"body": body, "action": "save", "note": ""})
    assert "health/models/ours" in policy.list_names()
    for name in ("ours", "No Good", "../x"):
        assert client.post("/policy/own-model/", {**form, "name": name}).status_code == 422


def test_markup_in_a_document_stays_text(workspace, seen_by, alice):
    client = seen_by(alice)
    body = policy.text(MODEL).replace('"Formula"', '"<script>alert(1)</script>"')
    edited(client, body)
    assert "<script>alert" not in client.get(f"/policy/read/{MODEL}/").content.decode()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(field="health", op="<", value=40), "health is less than 40"),
        (Rule(field="plan_id", op="in", value=["a", "b"]), "plan id is one of a, b"),
        (Rule(field="seats", op="between", value=[1, 5]), "seats is between 1 and 5"),
        (Rule(field="stage", op="missing"), "stage is not known"),
        (
            Rule(
                all=(Rule(field="a", op="=", value=True), Rule(any=(Rule(field="b", op="exists"),)))
            ),
            "a is yes and (b is known)",
        ),
    ],
)  # fmt: skip
def test_rules_are_sentences(rule, words):
    assert sentences.of_rule(rule) == words


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(0, 100)), min_size=1, max_size=8))
def test_a_sketch_stays_inside_its_box(points):
    rising = sorted(dict(points).items())
    drawn = sketch(Curve(points=tuple(rising)))
    numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", drawn.path)]
    assert all(0 <= x <= drawn.width for x in numbers[::2])
    assert all(0 <= y <= drawn.height for y in numbers[1::2])


def test_the_line_of_a_key_that_stands_once():
    text = 'name = "x"\n[watch]\nweeks = 0\n'
    assert line_of(text, SpecError("x.toml", "watch.weeks", "is too small", "")) == 3
    assert line_of(text + "[b]\nweeks = 1", SpecError("x", "weeks", "is wrong", "")) is None
