"""Files as people who do this job have them (public reports), each with its right answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_runs import counts, rows

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.connectors.models import ImportRun
from tenure.facts.models import Quarantined

Import = Callable[..., ImportRun]
Write = Callable[[str, str | bytes], Path]

RAILS = """ticket_id,account_id,opened_at
r1,ACME,2025-07-05 13:05:00 -0500
r2,ACME,2025-07-05 13:05:00 +0000
"""


@pytest.mark.parametrize("date_format", ["", "%Y-%m-%d %H:%M:%S %z", "yyyy-mm-dd hh:mm:ss z"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_an_offset_is_never_shifted_by_the_zone(
    do_import: Import, write: Write, zone: str, date_format: str
) -> None:
    do_import("tickets", write("rails.csv", RAILS), zone=zone, date_format=date_format)
    opened: dict[Any, Any] = {r["ticket_id"]: r["opened_at"] for r in rows("tickets")}
    assert opened == {
        "r1": datetime(2025, 7, 5, 18, 5, tzinfo=UTC),
        "r2": datetime(2025, 7, 5, 13, 5, tzinfo=UTC),
    }


ABOS = """subscription_id;account_id;started_at;mrr;currency;status
s1;A-1;2025-01-05;49,90;EUR;active
s2;A-2;2025-01-05;1.250,00;EUR;active
s3;A-3;2025-01-05;1.000;EUR;active
s4;A-4;2025-01-05;79;EUR;active
s5;A-5;2025-01-05;2.500;EUR;active
"""


def mrr() -> dict[str, int | None]:
    """MRR in minor units of each subscription, as the latest fact has it."""
    found = sorted(rows("subscriptions"), key=lambda r: r["received_at"])
    return {r["subscription_id"]: r["mrr_minor"] for r in found}


def test_a_decimal_comma_is_found_from_the_whole_column_and_said(
    do_import: Import, write: Write
) -> None:
    run = do_import("subscriptions", write("abos.csv", ABOS))
    assert mrr() == {"s1": 4990, "s2": 125000, "s3": 100000, "s4": 7900, "s5": 250000}
    assert run.notes == [
        "mrr was read with a decimal comma, as its values show.",
        "MRR is now 4,878.90 EUR a month, from 5 active subscriptions.",
    ]


def test_a_column_that_does_not_tell_its_decimal_sign_is_asked_about(
    do_import: Import, write: Write
) -> None:
    text = "\n".join(line for line in ABOS.splitlines() if line[:2] not in ("s1", "s2"))
    path = write("abos.csv", text + "\n")
    with pytest.raises(SpecError, match=r"holds 1\.000, which may mean 1 or 1000.*--decimal"):
        do_import("subscriptions", path)
    assert not rows("subscriptions")
    do_import("subscriptions", path, decimal=",")
    assert mrr() == {"s3": 100000, "s4": 7900, "s5": 250000}


def test_a_column_with_both_signs_is_asked_about(do_import: Import, write: Write) -> None:
    path = write("abos.csv", ABOS + "s6;A-6;2025-01-05;10.50;EUR;active\n")
    with pytest.raises(SpecError, match=r"holds 10\.50 and 49,90"):
        do_import("subscriptions", path)
    run = do_import("subscriptions", path, decimal=",")
    assert counts(run) == (6, 5, 0, 1)
    assert "no number with the decimal sign ','" in Quarantined.objects.get().reason


def test_three_decimals_beside_two_are_refused_not_rounded(do_import: Import, write: Write) -> None:
    text = "subscription_id,account_id,started_at,mrr,currency\n"
    text += "a,A,2025-01-05,49.90,USD\nb,B,2025-01-05,1.000,USD\nc,C,2025-01-05,49.999,USD\n"
    text += 'd,D,2025-01-05,49.9000,USD\ne,E,2025-01-05,"1,000",USD\nf,F,2025-01-05,12.345,KWD\n'
    run = do_import("subscriptions", write("a.csv", text))
    assert mrr() == {"a": 4990, "d": 4990, "e": 100000}
    assert run.rows_quarantined == 3
    named = do_import("subscriptions", write("b.csv", text.replace(",A,", ",AA,")), decimal=".")
    assert mrr() == {"a": 4990, "b": 100, "d": 4990, "e": 100000, "f": 12345}
    assert [q.code for q in Quarantined.objects.filter(file="b.csv")] == ["not_amount"]
    assert named.rows_quarantined == 1
    assert "USD has 2 decimals" in Quarantined.objects.get(file="b.csv").reason


PAYMENTS = """\
id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Decline Reason
ch_1,2026-02-05 10:00:00,49.00,0.00,usd,Paid,cus_1,
ch_2,2026-02-05 10:00:00,49.00,49.00,usd,Refunded,cus_2,
ch_3,2026-02-05 10:00:00,49.00,0.00,usd,Failed,cus_3,insufficient_funds
ch_4,2026-02-06 10:00:00,"1,249.00",10.00,usd,Partial Refund,cus_3,
"""


def test_refunded_payments_succeeded_and_their_refunds_are_kept_beside(
    do_import: Import, write: Write
) -> None:
    run = do_import(
        "payments", write("payments.csv", PAYMENTS), "payment_id=id",
        "attempted_at=Created date (UTC)", "account_id=Customer ID", "decline_code=Decline Reason",
    )  # fmt: skip
    assert counts(run) == (4, 4, 0, 0)
    found = {r["payment_id"]: r for r in rows("payments")}
    assert [found[f"ch_{n}"]["status"] for n in range(1, 5)] == [
        "succeeded", "succeeded", "failed", "succeeded",
    ]  # fmt: skip
    assert found["ch_4"]["amount_minor"] == 124900
    assert json.loads(found["ch_4"]["properties"])["Amount Refunded"] == 10
    assert json.loads(found["ch_2"]["properties"])["Amount Refunded"] == 49


PLANS = "plan_id,name,price,currency,interval\nteam,Team,600,USD,year\n"
SUBS = """subscription_id,account_id,started_at,plan_id,quantity,status
x1,YEW,2026-02-01,team,10,active
x2,ZED,2026-02-01,team,4,active
"""
MORE = """subscription_id,account_id,started_at,status,mrr,currency
x3,OAK,2026-02-01,active,100,USD
x4,NEG,2026-02-01,active,-20,USD
"""


@pytest.mark.parametrize("order", [("plans", "subscriptions"), ("subscriptions", "plans")])
def test_amounts_that_are_missing_are_the_plans_list_price(
    do_import: Import, write: Write, order: tuple[str, str]
) -> None:
    files = {"plans": write("plans.csv", PLANS), "subscriptions": write("subs.csv", SUBS)}
    first, second = (do_import(table, files[table]) for table in order)
    assert mrr() == {"x1": 50000, "x2": 20000}
    assert second.notes == ["MRR is now 700.00 USD a month, from 2 active subscriptions."]
    if order[0] == "subscriptions":
        assert first.notes[0].startswith("2 active subscriptions have no amount (x1, x2): map it")
    again = do_import("subscriptions", write("again.csv", SUBS))
    assert again.rows_new == 0
    assert Account.objects.get(pk="YEW").mrr_minor == 50000


def test_a_negative_amount_is_refused(do_import: Import, write: Write) -> None:
    run = do_import("subscriptions", write("more.csv", MORE))
    assert (counts(run)[1], mrr()) == (1, {"x3": 10000})
    refused = Quarantined.objects.get()
    assert "mrr_minor to be at least 0" in refused.reason


def test_the_list_price_is_not_put_in_place_of_another_currency(
    do_import: Import, write: Write
) -> None:
    do_import("plans", write("plans.csv", PLANS))
    head = "subscription_id,account_id,started_at,plan_id,currency\n"
    run = do_import("subscriptions", write("a.csv", head + "e1,A,2026-01-01,team,EUR\n"))
    assert mrr() == {"e1": None}
    assert "1 active subscription has no amount (e1)" in run.notes[0]


@pytest.mark.parametrize("column", ["mrr", "Amount", "price"])
def test_major_units_are_not_taken_for_cents(do_import: Import, write: Write, column: str) -> None:
    text = f"subscription_id,account_id,started_at,{column},currency\ns,a,2026-01-01,600,USD\n"
    path = write("a.csv", text)
    with pytest.raises(SpecError, match=f"write mrr={column} .*or add --amounts minor"):
        do_import("subscriptions", path, f"mrr_minor={column}")
    do_import("subscriptions", path, f"mrr_minor={column}", amounts="minor")
    assert mrr() == {"s": 600}


def test_a_column_that_says_cents_needs_no_word(do_import: Import, write: Write) -> None:
    text = "subscription_id,account_id,started_at,amount_cents,currency\ns,a,2026-01-01,600,USD\n"
    do_import("subscriptions", write("a.csv", text), "mrr_minor=amount_cents")
    assert mrr() == {"s": 600}


def test_long_fields_land(do_import: Import, write: Write) -> None:
    long = "pasted log line; " * 9000
    text = "ticket_id,account_id,opened_at,subject,body\n"
    text += f'c1,ACME,2025-02-01T09:00:00Z,Export,"{long}"\n'
    text += "c2,ACME,2025-02-01T09:00:00Z,Login,short\n"
    assert counts(do_import("tickets", write("threads.csv", text))) == (2, 2, 0, 0)
    assert {len(r["body"]) for r in rows("tickets")} == {len(long.strip()), 5}


def test_a_separator_line_of_excel_is_obeyed(do_import: Import, write: Write) -> None:
    text = "sep=;\naccount_id;name;country\nS-1;Nord;DE\nS-2;Sued;AT\n"
    do_import("accounts", write("excel.csv", text))
    assert {r["account_id"]: (r["name"], r["country"]) for r in rows("accounts")} == {
        "S-1": ("Nord", "DE"), "S-2": ("Sued", "AT"),
    }  # fmt: skip


TITLED = """Report: Accounts with owner
As of 2026-11-30

account_id,name,country
S-3,Ost,DE
"""


def test_title_lines_are_left_out_and_said(do_import: Import, write: Write) -> None:
    run = do_import("accounts", write("titled.csv", TITLED))
    assert counts(run) == (1, 1, 0, 0)
    assert run.notes == ["Line 4 names the columns; what stands above it was left out."]


def test_title_lines_above_unknown_columns_name_the_header(do_import: Import, write: Write) -> None:
    text = "My list, 2026\nKunde,Wie,Wo\nS-3,Ost,DE\nS-4,West,AT\n"
    path = write("titled.csv", text)
    with pytest.raises(SpecError, match=r"line 2 \(Kunde, Wie, Wo\) looks like") as refused:
        do_import("accounts", path, "account_id=Kunde")
    assert "--header 2" in refused.value.remedy
    assert do_import("accounts", path, "account_id=Kunde", header=2).rows_new == 2


def test_a_repeated_column_that_is_not_mapped_harms_nobody(do_import: Import, write: Write) -> None:
    text = "account_id,Note,Note\na,x,y\n"
    do_import("accounts", write("a.csv", text))
    assert json.loads(rows("accounts")[0]["properties"]) == {"Note (1)": "x", "Note (2)": "y"}
    path = write("b.csv", "account_id,name,name\nb,x,y\n")
    with pytest.raises(SpecError, match="names two columns"):
        do_import("accounts", path)
    do_import("accounts", path, "name=name (2)")
    assert {r["account_id"]: r["name"] for r in rows("accounts")}["b"] == "y"


def test_rows_in_are_landed_known_refused_and_left_out(do_import: Import, write: Write) -> None:
    text = "account_id,event,timestamp\na,E,2024-01-01\na,E,2024-01-01\nb,E,x\nc,F,2024-01-02\n"
    text += "d,E\n\n,,\n"
    for new, known in ((2, 0), (0, 2)):
        run = do_import("events", write("a.csv", text), only=("event=E",))
        assert (run.rows_read, run.rows_new, run.rows_known) == (5, new, known)
        assert (run.rows_quarantined, run.rows_left_out) == (2, 1)
        assert run.notes == ["1 row was left out by the conditions (--only)."]
