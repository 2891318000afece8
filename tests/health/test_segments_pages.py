"""Segments: made by rows, by TOML or as a list; counted while they are typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.accounts.models import Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import parse_rule
from tenure.core.models import AuditEntry
from tenure.health.models import AccountHealth
from tenure.health.segments.pages import builder
from tenure.health.segments.pages.builder import Row

UNWELL: dict[str, Any] = {
    "title": "Unwell", "way": "rows", "together": "all",
    "field": ["health", ""], "op": ["<", ">="], "value": ["60", ""],
}  # fmt: skip


@pytest.mark.parametrize("role", ["admin", "cs_lead", "csm", "support", "analyst"])
def test_who_may_make_them(customers, seen_by, colleague, role):
    client = seen_by(colleague(role))
    may = role in ("admin", "cs_lead", "csm")
    assert client.get("/segments/").status_code == 200
    assert client.get("/segments/new/").status_code == (200 if may else 403)
    assert client.post("/segments/new/", UNWELL).status_code == (302 if may else 403)
    assert client.post("/segments/count/", UNWELL).status_code == (200 if may else 403)


def test_packaged_segments_are_listed_with_their_rule_in_words(customers, seen_by, bob):
    text = seen_by(bob).get("/segments/").content.decode()
    assert "Yearly value is at least 50,000" in text
    assert "No segment of your own yet" in text


def test_a_rule_of_rows_holds_its_accounts_at_once(customers, seen_by, bob):
    client = seen_by(bob)
    assert client.post("/segments/new/", UNWELL)["Location"] == "/segments/unwell/"
    unwell = set(
        AccountHealth.objects.filter(shown_health__lt=60).values_list("account_id", flat=True)
    )
    members = SegmentMember.objects.filter(segment="unwell")
    assert set(members.values_list("account_id", flat=True)) == unwell != set()
    assert Segment.objects.get(pk="unwell").size == len(unwell)
    assert AuditEntry.objects.get().action == "segment.saved"
    text = client.get("/segments/unwell/").content.decode()
    assert "Health is less than 60" in text
    edit = client.get("/segments/unwell/edit/").content.decode()
    assert 'value="60"' in edit


def test_the_count_follows_what_is_typed(customers, seen_by, bob):
    client = seen_by(bob)
    n = AccountHealth.objects.filter(shown_health__lt=60).count()
    text = client.post("/segments/count/", UNWELL).content.decode()
    assert f'<span class="big num">{n}</span> of 40 accounts' in text
    text = client.post("/segments/count/", {"way": "rows"}).content.decode()
    assert "Choose a field" in text
    text = client.post("/segments/count/", {**UNWELL, "value": ["many", ""]}).content.decode()
    assert "needs a number" in text


def test_a_signal_is_counted_from_the_facts(workspace, db, seen_by, bob):
    from datetime import timedelta

    from django.utils import timezone
    from health.companies import accounts, add, subscription, use

    now = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    accounts("busy", "idle")
    start = now - timedelta(days=40)
    add(
        1,
        subscriptions=[subscription(n, start) for n in ("busy", "idle")],
        events=use("busy", start, 39),
    )
    given = {"way": "rows", "field": ["events_28d"], "op": [">"], "value": ["10"]}
    text = seen_by(bob).post("/segments/count/", given).content.decode()
    assert "1</span> of 2 accounts" in text
    assert "Busy" in text


def test_a_list_takes_ids_names_and_domains(customers, seen_by, bob):
    one, two, three = customers[0], customers[1], customers[2]
    given = {"title": "VIP", "way": "list", "accounts": f"{one.pk}\n{two.name}\n{three.domain}"}
    client = seen_by(bob)
    client.post("/segments/new/", given)
    members = SegmentMember.objects.filter(segment="vip").values_list("account_id", flat=True)
    assert set(members) == {one.pk, two.pk, three.pk}
    answer = client.post("/segments/new/", {**given, "accounts": "nobody"})
    assert answer.status_code == 422
    assert "nobody" in answer.content.decode()


def test_toml_is_for_what_rows_cannot_say(customers, seen_by, bob):
    client = seen_by(bob)
    text = '[not]\nfield = "health"\nop = "<"\nvalue = 60'
    client.post("/segments/new/", {"title": "Well", "way": "text", "text": text})
    edit = client.get("/segments/well/edit/").content.decode()
    assert 'value="text" checked' in edit
    for wrong, problem in (('field = "nosuch"\nop = "exists"', "no field"), ("x", "TOML")):
        answer = client.post("/segments/new/", {"title": "W", "way": "text", "text": wrong})
        assert answer.status_code == 422
        assert problem in answer.content.decode()
        assert wrong.replace('"', "&quot;") in answer.content.decode()


def test_two_segments_of_one_title_get_names_of_their_own(customers, seen_by, bob):
    client = seen_by(bob)
    for expected in ("unwell", "unwell-2", "unwell-3"):
        assert client.post("/segments/new/", UNWELL)["Location"] == f"/segments/{expected}/"


def test_own_segments_can_be_deleted_packaged_ones_not(customers, seen_by, bob):
    client = seen_by(bob)
    client.post("/segments/new/", UNWELL)
    client.get("/segments/")
    assert client.post("/segments/unwell/delete/").status_code == 302
    assert not Segment.objects.filter(pk="unwell").exists()
    packaged = Segment.objects.filter(packaged=True).first()
    assert client.post(f"/segments/{packaged.pk}/delete/").status_code == 404
    assert client.get(f"/segments/{packaged.pk}/edit/").status_code == 404


numbers = st.integers(-1000, 1000).map(str)
names = st.from_regex(r"[a-z]{3,8}", fullmatch=True)
rows = st.one_of(
    st.builds(Row, names, st.sampled_from([">=", "<=", ">", "<"]), numbers),
    st.builds(Row, names, st.sampled_from(["=", "!=", "contains", "starts_with"]), names),
    st.builds(
        Row, names, st.sampled_from(["in", "not_in"]), st.lists(names, min_size=1).map(", ".join)
    ),
    st.builds(Row, names, st.sampled_from(["exists", "missing"]), st.just("")),
)  # fmt: skip


@given(st.lists(rows, min_size=1, max_size=5), st.sampled_from(["all", "any"]))
def test_rows_become_a_rule_and_rows_again(found, together):
    text = builder.to_toml(found, together)
    assert builder.from_rule(parse_rule("segment", text)) == (together, found)


def test_no_row_is_no_rule():
    with pytest.raises(SpecError, match="asks for nothing"):
        builder.to_toml([Row()], "all")
