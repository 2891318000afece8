"""The list of accounts: what it shows, in which order, at what cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.http import urlencode
from people import NOW

from tenure.accounts.models import Account
from tenure.health.models import AccountHealth
from tenure.health.pages.account_filters import SORTS, Filters
from tenure.web.accounts.listing import Listing

MODEL = "six_dimensions"


def listing(**wanted):
    return Listing(Filters(**wanted), MODEL, NOW)


def ids(**wanted):
    return [row.account.pk for row in listing(**wanted).page(size=500).rows]


def test_bob_sees_the_most_threatened_accounts_first(customers, seen_by, bob):
    page = seen_by(bob).get("/accounts/").content.decode()
    worst = AccountHealth.objects.order_by("-risk", "-pk").select_related("account")[:2]
    names = [row.account.name for row in worst]
    assert 0 < page.index(names[0]) < page.index(names[1])


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{s}" for s in SORTS)])
def test_paging_gives_every_account_once_and_in_order(customers, sort):
    Account.objects.filter(pk__in=[c.pk for c in customers[:5]]).update(renews_at=None)
    AccountHealth.objects.filter(account__in=customers[5:8]).delete()
    AccountHealth.objects.filter(account__in=customers[8:20]).update(risk=40, shown_health=50)
    pages = listing(sort=sort)
    found, cursor = [], ""
    while True:
        page = pages.page(cursor, size=7)
        found += page.rows
        cursor = page.cursor
        if not cursor:
            break
    assert sorted(r.account.pk for r in found) == sorted(c.pk for c in customers)
    values = [_sorted_value(row, sort.lstrip("-")) for row in found]
    known = [v for v in values if v is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values[: len(known)] == known, "rows without a value come last"


def _sorted_value(row, column):
    account, health = row.account, row.health
    if column in ("health", "risk", "change"):
        name = {"health": "shown_health", "risk": "risk", "change": "change_30d"}[column]
        return getattr(health, name) if health else None
    return {"name": account.name, "mrr": account.mrr_minor, "renewal": account.renews_at}[column]


def test_every_row_can_be_read_in_pages_of_one(customers):
    assert len(list(listing(sort="-risk").everything(size=1))) == len(customers)


def test_search_looks_at_name_domain_and_id_anywhere(customers):
    one = customers[7]
    assert one.pk in ids(q=one.name[2:8].upper())
    assert one.pk in ids(q=one.domain[3:9])
    assert ids(q=one.pk) == [one.pk]
    assert ids(q="nobody is called so") == []


@pytest.mark.parametrize("sort", ["-risk", "name"])
def test_conditions_narrow_whatever_the_order(customers, sort, alice):
    score = AccountHealth.objects.select_related("account").order_by("pk")[11]
    kept = ids(
        band=(score.shown_band,),
        risk=(score.risk_level,),
        stage=(score.account.stage,),
        sort=sort,
    )
    assert score.account_id in kept
    wanted = AccountHealth.objects.filter(
        shown_band=score.shown_band,
        risk_level=score.risk_level,
        account__stage=score.account.stage,
    )
    assert sorted(kept) == sorted(wanted.values_list("account_id", flat=True))


def test_owner_none_means_accounts_without_one(customers, alice):
    unowned = {c.pk for c in customers if c.owner_id is None}
    hers = {c.pk for c in customers if c.owner_id == alice.pk}
    assert set(ids(owner=("none",))) == unowned
    assert set(ids(owner=("none", str(alice.pk)))) == unowned | hers
    assert ids(owner=("nonsense",)) == []


def test_a_segment_narrows_the_list(customers):
    assert set(ids(segment=("enterprise",))) == {c.pk for c in customers[::3]}


def test_renewal_within_days_leaves_out_the_past_and_the_open(customers):
    Account.objects.update(renews_at=NOW + timedelta(days=400))
    Account.objects.filter(pk=customers[0].pk).update(renews_at=NOW - timedelta(days=1))
    Account.objects.filter(pk=customers[1].pk).update(renews_at=NOW + timedelta(days=29))
    assert ids(renewal=30) == [customers[1].pk]


def test_churned_accounts_are_shown_only_when_asked_for(customers):
    Account.objects.filter(pk=customers[0].pk).update(status="churned")
    assert customers[0].pk not in ids()
    assert ids(status="churned") == [customers[0].pk]
    assert len(ids(status="all")) == len(customers)


def test_a_cursor_of_another_list_or_of_nobody_begins_anew(customers):
    first = listing().page(size=5)
    for cursor in ("forged", first.cursor[:-2] + "xx"):
        assert listing().page(cursor, size=5).rows == first.rows
    other = listing(sort="name")
    assert other.page(first.cursor, size=5).rows == other.page(size=5).rows


def test_htmx_gets_only_what_changes_and_the_canonical_address(customers, seen_by, bob):
    client = seen_by(bob)
    answer = client.get("/accounts/?band=critical&renewal=&q=", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert answer["HX-Push-Url"] == "/accounts/?band=critical"
    again = client.get(
        "/accounts/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert b"<html" in again.content


def test_more_rows_are_rows_only(customers, seen_by, bob, monkeypatch):
    monkeypatch.setattr("tenure.web.accounts.listing.PAGE", 10)
    from tenure.web.accounts import listing as module

    monkeypatch.setattr(module.Listing.page, "__defaults__", ("", 10))
    client = seen_by(bob)
    first = client.get("/accounts/").content.decode()
    link = first.split('hx-get="?')[1].split('"')[0].replace("&amp;", "&")
    more = client.get(f"/accounts/?{link}").content.decode()
    assert more.count("row-pick") == 10
    assert "<thead" not in more


def test_the_count_stops_counting_where_it_says_so(customers, seen_by, bob, monkeypatch):
    client = seen_by(bob)
    assert client.get("/accounts/count").content == b"40 accounts"
    monkeypatch.setattr("tenure.web.accounts.views.MOST_COUNTED", 30)
    assert client.get("/accounts/count").content == b"30+ accounts"


def test_the_page_takes_few_queries_however_many_accounts(
    customers, seen_by, bob, django_assert_max_num_queries
):
    client = seen_by(bob)
    client.get("/accounts/")
    with django_assert_max_num_queries(12):
        client.get("/accounts/")
    with django_assert_max_num_queries(12):
        client.get("/accounts/?" + urlencode({"sort": "name", "band": "critical", "q": "a"}))


def test_an_empty_workspace_is_told_how_to_begin(seen_by, alice):
    page = seen_by(alice).get("/accounts/").content.decode()
    assert "No accounts yet" in page
    assert "/start/" in page


def test_a_filter_that_leaves_nobody_says_so(customers, seen_by, bob):
    page = seen_by(bob).get("/accounts/?q=zzzz").content.decode()
    assert "No account fits" in page
    assert "“zzzz”" in page


def test_names_cannot_smuggle_markup_into_the_page(customers, seen_by, bob):
    Account.objects.filter(pk=customers[0].pk).update(name="<script>alert(1)</script>")
    assert b"<script>alert" not in seen_by(bob).get("/accounts/").content
