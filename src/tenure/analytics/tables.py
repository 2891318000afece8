"""The tables of facts: their columns, types, and *when each column became known*.

Every row of a lake table is one fact. A fact has

* ``message_id``: its identity; the same id twice is the same fact;
* a *time column* (``Table.time``): when it happened;
* ``received_at``: when Tenure learned of it (for history loaded from files: when it happened,
  unless the file says otherwise), and ``backfill``: whether it was loaded that way;
* ``source``: where it came from; ``received_day``: the partition (UTC date of ``received_at``).

As of a moment *t* a fact exists if its time and its ``received_at`` both lie before *t*. A column
with ``known_at`` is NULL as of *t* unless the column it names lies before *t*: a ticket imported
today with its resolution is, as of last week, a ticket without one. Of several facts about the same
thing (equal ``Table.key``), the one with the latest time, then latest ``received_at``, holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "int", "float", "bool", "timestamp", "date", "json"]

ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "json": pa.string(),
}


@dataclass(frozen=True)
class Column:
    """One column. ``required`` columns must be present and not empty for a row to be accepted."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    known_at: str | None = None


@dataclass(frozen=True)
class Table:
    """One table of facts; ``key`` names the thing a fact is about (empty: facts are only counted).

    ``extra`` names the JSON column that receives fields the table does not know.
    """

    name: str
    doc: str
    time: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    extra: str = "properties"

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError if there is none."""
        for column in self.all_columns():
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def all_columns(self) -> Iterator[Column]:
        """Own columns, then those every table has."""
        yield from self.columns
        yield from COMMON

    def arrow_schema(self) -> pa.Schema:
        """The schema of this table in the lake."""
        return pa.schema([pa.field(c.name, ARROW[c.kind]) for c in self.all_columns()])


COMMON: tuple[Column, ...] = (
    Column("message_id", "text", "identity of the fact", required=True),
    Column("received_at", "timestamp", "when Tenure learned of it", required=True),
    Column("backfill", "bool", "loaded as history: received_at was set to when it happened"),
    Column("source", "text", "the source that sent it"),
    Column("received_day", "date", "UTC day of received_at; the partition"),
)


def _table(name: str, doc: str, time: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table(name, doc, time, key, columns)


EVENTS = _table(
    "events",
    "What people did in the product, and every act of Tenure itself.",
    "timestamp",
    (),
    Column("account_id", "text", "the account it counts for; empty while unknown"),
    Column("person_id", "text", "the known person who did it"),
    Column("anonymous_id", "text", "the device or visitor, before the person is known"),
    Column("event", "text", "name of the event", required=True),
    Column("timestamp", "timestamp", "when it happened", required=True),
    Column("kind", "text", "track, page, screen, identify, group, alias, or own"),
    Column("session_id", "text", "the visit it belongs to"),
    Column("properties", "json", "everything else that was sent"),
)

ACCOUNTS = _table(
    "accounts",
    "Companies (or single customers) that pay or may pay.",
    "updated_at",
    ("account_id",),
    Column("account_id", "text", "your id of the account", required=True),
    Column("updated_at", "timestamp", "when this was true"),
    Column("name", "text", "display name"),
    Column("domain", "text", "mail domain"),
    Column("created_at", "timestamp", "when it became a customer"),
    Column("industry", "text", "line of business"),
    Column("country", "text", "ISO 3166 code"),
    Column("employees", "int", "size of the company"),
    Column("channel", "text", "acquisition channel"),
    Column("owner", "text", "mail address of the CSM"),
    Column("parent_id", "text", "account_id of the parent company"),
    Column("properties", "json", "further traits"),
)

PEOPLE = _table(
    "people",
    "Contacts and end users, and their part in an account.",
    "updated_at",
    ("person_id", "account_id"),
    Column("person_id", "text", "your id of the person", required=True),
    Column("account_id", "text", "an account the person belongs to"),
    Column("updated_at", "timestamp", "when this was true"),
    Column("email", "text", "mail address"),
    Column("name", "text", "full name"),
    Column("title", "text", "job title"),
    Column(
        "role", "text", "champion, economic_buyer, executive_sponsor, admin, end_user or contact"
    ),
    Column("timezone", "text", "where their clock stands: IANA, Windows, Rails, an offset"),
    Column("created_at", "timestamp", "when the person was first known"),
    Column("left_at", "timestamp", "when the person left the account", known_at="left_at"),
    Column("properties", "json", "further traits"),
)

PLANS = _table(
    "plans",
    "What can be bought, and its limits.",
    "updated_at",
    ("plan_id",),
    Column("plan_id", "text", "your id of the plan", required=True),
    Column("updated_at", "timestamp", "when this was true"),
    Column("name", "text", "display name"),
    Column("level", "int", "rank on the ladder, 1 is entry"),
    Column("seat_limit", "int", "seats included; empty: no limit"),
    Column("usage_limit", "int", "usage included; empty: no limit"),
    Column("usage_event", "text", "the event counted against usage_limit"),
    Column("price_minor", "int", "list price per interval, minor units"),
    Column("currency", "text", "ISO 4217 code"),
    Column("interval", "text", "month or year"),
    Column("properties", "json", "further traits"),
)

SUBSCRIPTIONS = _table(
    "subscriptions",
    "What an account pays for; one fact per change.",
    "updated_at",
    ("subscription_id",),
    Column(
        "subscription_id", "text", "id of the subscription (or of the paid period)", required=True
    ),
    Column("account_id", "text", "who pays", required=True),
    Column("updated_at", "timestamp", "when this state began; default started_at"),
    Column("plan_id", "text", "the plan"),
    Column("status", "text", "trialing, active, past_due, paused or cancelled"),
    Column("quantity", "int", "seats"),
    Column("mrr_minor", "int", "monthly recurring revenue, minor units"),
    Column("currency", "text", "ISO 4217 code"),
    Column("started_at", "timestamp", "first day", required=True),
    Column("renews_at", "timestamp", "end of the committed term"),
    Column("ended_at", "timestamp", "when it ended", known_at="ended_at"),
    Column("end_reason", "text", "voluntary or involuntary, if told", known_at="ended_at"),
    Column("properties", "json", "further traits"),
)

INVOICES = _table(
    "invoices",
    "What was billed.",
    "issued_at",
    ("invoice_id",),
    Column("invoice_id", "text", "id of the invoice", required=True),
    Column("account_id", "text", "who owes", required=True),
    Column("subscription_id", "text", "for what"),
    Column("issued_at", "timestamp", "when issued", required=True),
    Column("due_at", "timestamp", "when due"),
    Column("paid_at", "timestamp", "when paid", known_at="paid_at"),
    Column("voided_at", "timestamp", "when voided or written off", known_at="voided_at"),
    Column("amount_minor", "int", "amount, minor units", required=True),
    Column("currency", "text", "ISO 4217 code"),
    Column("properties", "json", "further fields"),
)

PAYMENTS = _table(
    "payments",
    "Attempts to collect.",
    "attempted_at",
    ("payment_id",),
    Column("payment_id", "text", "id of the attempt", required=True),
    Column("account_id", "text", "who pays", required=True),
    Column("invoice_id", "text", "for which invoice"),
    Column("attempted_at", "timestamp", "when tried", required=True),
    Column("status", "text", "succeeded or failed", required=True),
    Column("decline_code", "text", "why it failed"),
    Column("amount_minor", "int", "amount, minor units"),
    Column("currency", "text", "ISO 4217 code"),
    Column("properties", "json", "further fields"),
)

CARDS = _table(
    "cards",
    "Cards (and other ways to pay) on file, as the payment processor keeps them.",
    "updated_at",
    ("card_id",),
    Column("card_id", "text", "the processor's id of it; never a number", required=True),
    Column("account_id", "text", "whose", required=True),
    Column("updated_at", "timestamp", "when this was true", required=True),
    Column("status", "text", "active or removed"),
    Column("network", "text", "visa, mastercard, amex, ..."),
    Column("last4", "text", "the last four digits"),
    Column("exp_month", "int", "1 to 12: the last month in which it is valid"),
    Column("exp_year", "int", "four digits"),
    Column("is_default", "bool", "whether it is the one that is charged"),
    Column("self_updating", "bool", "whether a card updater replaces it by itself"),
    Column("properties", "json", "further fields"),
)

TICKETS = _table(
    "tickets",
    "Support tickets and conversations.",
    "opened_at",
    ("ticket_id",),
    Column("ticket_id", "text", "id of the ticket", required=True),
    Column("account_id", "text", "whose", required=True),
    Column("person_id", "text", "who asked"),
    Column("opened_at", "timestamp", "when opened", required=True),
    Column("first_reply_at", "timestamp", "first answer", known_at="first_reply_at"),
    Column("resolved_at", "timestamp", "when resolved", known_at="resolved_at"),
    Column("escalated_at", "timestamp", "when escalated", known_at="escalated_at"),
    Column("channel", "text", "mail, chat, form, phone"),
    Column("priority", "text", "low, normal, high, urgent"),
    Column("category", "text", "what it is about"),
    Column("subject", "text", "subject line"),
    Column("body", "text", "first message"),
    Column("sentiment", "float", "-1 to 1", known_at="first_reply_at"),
    Column("csat", "int", "1 to 5, given after resolution", known_at="resolved_at"),
    Column("properties", "json", "further fields"),
)

RESPONSES = _table(
    "responses",
    "Answers to surveys.",
    "responded_at",
    ("response_id",),
    Column("response_id", "text", "id of the answer", required=True),
    Column("account_id", "text", "whose", required=True),
    Column("person_id", "text", "who answered"),
    Column("responded_at", "timestamp", "when", required=True),
    Column("survey", "text", "nps, csat, ces or a name of your own", required=True),
    Column("score", "float", "the number given"),
    Column("comment", "text", "the words given"),
    Column("properties", "json", "further fields"),
)

INTERACTIONS = _table(
    "interactions",
    "What people of the company did with the customer.",
    "happened_at",
    ("interaction_id",),
    Column("interaction_id", "text", "id", required=True),
    Column("account_id", "text", "with whom", required=True),
    Column("person_id", "text", "the customer's person"),
    Column("happened_at", "timestamp", "when", required=True),
    Column(
        "kind",
        "text",
        "call, meeting, mail, qbr, training, community, referral, ...",
        required=True,
    ),
    Column("outcome", "text", "answered, no_answer, attended, missed, ..."),
    Column("by", "text", "mail address of the colleague"),
    Column("minutes", "int", "how long"),
    Column("note", "text", "what was said"),
    Column("properties", "json", "further fields"),
)

GOALS = _table(
    "goals",
    "What the customer wants to reach, and how far they are.",
    "updated_at",
    ("goal_id",),
    Column("goal_id", "text", "id", required=True),
    Column("account_id", "text", "whose", required=True),
    Column("updated_at", "timestamp", "when this was true", required=True),
    Column("title", "text", "the goal in the customer's words"),
    Column("target", "float", "what counts as reached"),
    Column("value", "float", "where they are"),
    Column("progress", "float", "0 to 1; default value / target"),
    Column("roi_minor", "int", "value realised, minor units"),
    Column("currency", "text", "ISO 4217 code"),
    Column("due_at", "timestamp", "by when"),
    Column("achieved_at", "timestamp", "when reached", known_at="achieved_at"),
    Column("properties", "json", "further fields"),
)

FEATURES = _table(
    "features",
    "The feature catalogue: which events show the use of which feature.",
    "updated_at",
    ("feature_id",),
    Column("feature_id", "text", "id", required=True),
    Column("updated_at", "timestamp", "when this was true"),
    Column("name", "text", "display name"),
    Column("event", "text", "the event that shows its use", required=True),
    Column("core", "bool", "part of the core of the product"),
    Column("high_value", "bool", "those who use it stay"),
    Column("properties", "json", "further fields"),
)

REFUSALS = _table(
    "refusals",
    "Who does not want to be written to, or cannot be, as a former mail system knew it.",
    "said_at",
    ("email", "channel", "purpose"),
    Column("email", "text", "mail address", required=True),
    Column("kind", "text", "unsubscribed, bounced or complained", required=True),
    Column("said_at", "timestamp", "when they said so, or the mail came back"),
    Column("channel", "text", "the channel they do not want; default mail"),
    Column("purpose", "text", "a purpose of the policy channels; empty: all"),
    Column("reason", "text", "what was said"),
    Column("properties", "json", "further fields"),
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        ACCOUNTS,
        PEOPLE,
        EVENTS,
        PLANS,
        SUBSCRIPTIONS,
        INVOICES,
        PAYMENTS,
        CARDS,
        TICKETS,
        RESPONSES,
        INTERACTIONS,
        GOALS,
        FEATURES,
        REFUSALS,
    )
}
"""Every table that can be imported, in the order in which they are best imported."""
