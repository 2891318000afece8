"""After an erasure the person stands nowhere in the workspace: in no table, file or old commit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.db import connection, models

from tenure.facts import erasure, lake, sweeping, validate
from tenure.facts.routing import ROUTING

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL, ME, NAME, PHONE = "dora@acme.test", "person-dora-1", "Dora Quixley", "+49 170 1234567"
SECRETS = (MAIL, ME, NAME, "quixley", "1701234567", "170 1234567", "dora%40acme", "12 Long Lane")
EVERYWHERE = (
    f"{NAME} <{MAIL}> ({ME}), 12 Long Lane, {PHONE}, https://x.test/?q=dora%40acme.test "
    f"or Quixley, Dora at 0170/123 45 67"
)
PERSON = {
    "person_id": ME, "account_id": "acme", "email": "Dora@acme.test", "name": NAME,
    "title": "Head of it", "phone": PHONE, "address": {"street": "12 Long Lane", "city": "Bonn"},
}  # fmt: skip
HOLDERS = sorted(
    (m for m in apps.get_models() if sweeping.swept_fields(m)), key=lambda m: m._meta.label
)


def land(table: str, *rows: dict[str, Any], number: int = 1) -> None:
    good, bad = validate.accept(table, list(rows), now=NOW, source="test", backfill=True)
    assert not bad
    lake.current().append(table, good, (f"test:{table}", number))
    ROUTING.tell(table, good, NOW)


def in_state() -> str:
    """All of state, as text."""
    return "".join(map(_dumped, apps.get_models()))


def _dumped(model: type[models.Model]) -> str:
    return json.dumps(list(model._base_manager.values()), default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes) else str(value)


def left_in(text: str) -> list[str]:
    return [s for s in SECRETS if s.lower() in text.lower()]


def in_files(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each file with what of the person it holds, Parquet and its statistics decoded."""
    for path in (p for p in folder.rglob("*") if p.is_file()):
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path)
            text += str(table.read().to_pylist()) + str(table.metadata.to_dict())
        if found := left_in(text):
            yield str(path.relative_to(folder)), found


@pytest.fixture
def known(workspace: Any, db: None) -> None:
    """Dora, in every table of the lake that can name a person."""
    said = {"account_id": "acme", "note": EVERYWHERE, "properties": {"who": [EVERYWHERE]}}
    about = {"account_id": "acme", "updated_at": "2024-01-01"}
    land("people", PERSON)
    land("people", {"person_id": "ben", "account_id": "acme", "boss": NAME, "name": "Ben B"},
         number=2)  # fmt: skip
    land("accounts", {**about, "name": "Acme", "contact": EVERYWHERE})
    land(
        "events",
        {**said, "event": "play_entered", "timestamp": "2024-01-01", "person_id": "ben"},
        {**said, "event": "Login", "timestamp": "2024-01-02", "person_id": ME},
        {"event": "Seen", "timestamp": "2024-01-02", "account_id": "other", "text": EVERYWHERE},
    )
    land("tickets", {"ticket_id": "t", "account_id": "acme", "opened_at": "2024-01-01",
                     "subject": "Dora asks", "body": EVERYWHERE, "person_id": "ben"})  # fmt: skip
    land("responses", {"response_id": "r", "account_id": "acme", "responded_at": "2024-01-01",
                       "survey": "nps", "comment": EVERYWHERE})  # fmt: skip
    land("interactions", {"interaction_id": "i", "account_id": "acme", "kind": "call",
                          "happened_at": "2024-01-01", "note": "Dora was in; " + EVERYWHERE,
                          "by": MAIL})  # fmt: skip
    land("goals", {"goal_id": "g", **about, "title": f"What {NAME} wants"})
    for number, table in enumerate(("subscriptions", "invoices", "payments", "cards")):
        row = {"account_id": "acme", "updated_at": "2024-01-01", "started_at": "2024-01-01",
               "issued_at": "2024-01-01", "attempted_at": "2024-01-01", "status": "active",
               "amount_minor": 1, f"{table[:-1]}_id": f"x{number}", "memo": EVERYWHERE}  # fmt: skip
        land(table, row)


def test_the_whole_lake_is_rid_of_the_person(known: None, workspace: Any) -> None:
    assert {path.split("/")[1] for path, _ in in_files(workspace.home)} >= {
        "accounts", "cards", "events", "goals", "interactions", "invoices", "payments", "people",
        "responses", "subscriptions", "tickets",
    }  # fmt: skip
    before = {t: lake.current().rows(t) for t in lake.current().tables()}
    erasure.erase_person(MAIL, "alice", NOW)
    assert list(in_files(workspace.home)) == []
    assert left_in(in_state()) == []
    assert {t: lake.current().rows(t) for t in lake.current().tables()} == before


def test_a_first_name_goes_from_what_concerns_the_account(known: None) -> None:
    erasure.erase_person(MAIL, "alice", NOW)
    for table, column in (("tickets", "subject"), ("interactions", "note")):
        paths = lake.current().files(table)["path"].to_pylist()
        (text,) = [r[column] for p in paths for r in pq.ParquetFile(p).read().to_pylist()]
        assert "Dora" not in text


def test_others_keep_their_names_and_words(known: None) -> None:
    land("people", {"person_id": "anna", "account_id": "other", "name": "Anna Quixley",
                    "email": "pandora@acme.test"}, number=3)  # fmt: skip
    erasure.erase_person(MAIL, "alice", NOW)
    paths = lake.current().files("people")["path"].to_pylist()
    rows = {
        r["person_id"]: r for p in paths for r in pq.ParquetFile(p).read().to_pylist()
    }  # fmt: skip
    assert (rows["anna"]["name"], rows["anna"]["email"]) == ("Anna Quixley", "pandora@acme.test")
    assert rows["ben"]["name"] == "Ben B"


# --- state: every text field of every model --------------------------------------------------


class Maker:
    """Makes a row of any model whose swept fields all name the person."""

    def __init__(self) -> None:
        self.made: dict[type[models.Model], models.Model] = {}
        self.numbers = itertools.count(1)

    def one(self, model: type[models.Model]) -> models.Model:
        if model not in self.made:
            fields = (f for f in model._meta.concrete_fields if not self._by_itself(f))
            row = model(**{f.name: self._value(model, f) for f in fields})
            row.save(force_insert=True)
            self.made[model] = row
        return self.made[model]

    @staticmethod
    def _by_itself(field: Any) -> bool:
        return isinstance(field, models.AutoField | models.GenericIPAddressField)

    def _value(self, model: type[models.Model], field: Any) -> Any:
        swept = field in sweeping.swept_fields(model)
        if isinstance(field, models.ForeignKey):
            return None if field.null and not swept else self.one(field.related_model)
        if isinstance(field, models.JSONField):
            return {"who": [EVERYWHERE], MAIL: 1} if swept else {}
        if isinstance(field, models.BinaryField):
            return json.dumps({"to": EVERYWHERE}).encode() if swept else b""
        if isinstance(field, models.CharField | models.TextField):
            return _fitting(field) if swept else f"x{next(self.numbers)}"[: field.max_length]
        kinds: tuple[tuple[Any, Any], ...] = (
            (models.DateTimeField, NOW), (models.DateField, date(2026, 3, 2)),
            (models.BooleanField, True), (models.IntegerField, 1), (models.FloatField, 1.0),
        )  # fmt: skip
        return next(value for kind, value in kinds if isinstance(field, kind))


def _fitting(field: Any) -> str:
    """The longest text about her that the field takes."""
    most = field.max_length or 10_000
    return next((t for t in (EVERYWHERE, f"to {MAIL}", MAIL, NAME) if len(t) <= most), "")


def test_no_field_of_any_model_keeps_the_person(workspace: Any, db: None) -> None:
    land("people", PERSON)
    maker = Maker()
    rows = {model: maker.one(model) for model in HOLDERS}
    for model, row in rows.items():
        named = [f.attname for f in sweeping.swept_fields(model) if left_in(_plain_of(row, f))]
        assert named or not any(_fitting(f) for f in sweeping.swept_fields(model)), model
    before = {model: model._base_manager.count() for model in HOLDERS}
    erasure.erase_person(MAIL, "alice", NOW)
    kept = {
        model._meta.label: found
        for model in apps.get_models()
        if (found := left_in(_dumped(model)))
    }
    assert kept == {}
    fewer = {m._meta.label for m in HOLDERS if m._base_manager.count() < before[m]}
    assert fewer <= {"facts.IdentityLink", "facts.IdentitySplit", "facts.PersonAccount"}


def _plain_of(row: models.Model, field: Any) -> str:
    value = getattr(row, field.attname)
    return _plain(value) if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False)


def test_every_text_field_is_swept_or_declared_never_personal_with_a_reason() -> None:
    unused = set(sweeping.NEVER_FIELDS)
    for model in apps.get_models():
        own = getattr(model, "NEVER_PERSONAL", {})
        names = {f.name for f in model._meta.concrete_fields}
        assert set(own) <= names, model
        unused -= names
        tables = (model._meta.label, model._meta.app_label)
        reasons = [sweeping.NEVER_TABLES[t] for t in tables if t in sweeping.NEVER_TABLES]
        for field in sweeping.text_fields(model):
            swept = field in sweeping.swept_fields(model)
            told = [*reasons, sweeping.never_personal(model, field)]
            assert swept != any(told), f"{model._meta.label}.{field.name}"
    assert unused == set(), "declared, but no model has them"


def test_nothing_made_for_customers_is_left_out_as_a_whole() -> None:
    """Tables that are not swept at all: Django's own, colleagues', and two with their own way."""
    ours = {
        m._meta.label for m in apps.get_models()
        if m.__module__.startswith("tenure.") and not sweeping.swept_fields(m)
    }  # fmt: skip
    assert ours - set(sweeping.NEVER_TABLES) <= {
        "channels.ChannelState",
        "channels.PushKey",
        "connectors.StripeDay",
        "plays.PlaySwitch",
    }


@pytest.mark.django_db(transaction=True)
def test_the_bytes_of_the_state_database_hold_nothing_of_the_person(
    workspace: Any, django_db_serialized_rollback: None
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the file is PostgreSQL's")
    from tenure.health.models import Override
    from tenure.work.tasks.models import Task

    land("people", PERSON)
    for _ in range(50):
        Task.objects.create(
            key=f"t{_}", account_id="acme", title=f"Call {NAME}", due_at=NOW, created_at=NOW,
            updated_at=NOW, note=EVERYWHERE,
        )  # fmt: skip
    Task.objects.filter(key="t3").delete()
    assert not Override.objects.exists()
    file = Path(connection.settings_dict["NAME"])
    erasure.erase_person(MAIL, "alice", NOW)
    texts = [p.read_bytes().decode("latin-1") for p in (file, Path(f"{file}-wal")) if p.exists()]
    assert left_in("".join(texts)) == []


def test_a_policy_that_cannot_do_without_the_name_stops_the_erasure(
    known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.analytics.errors import SpecError
    from tenure.core import policy

    text = policy.text("workspace").replace('name = ""', f'name = "{NAME}"')
    assert NAME in text
    policy.save("workspace", text, "operator", f"as {NAME} asked", NOW)

    def broken(_: str, body: str) -> None:
        if NAME not in body:
            raise SpecError("workspace.toml", "name", "is bad", "write another")

    with monkeypatch.context() as patch:
        patch.setattr(policy, "parsed", broken)
        with pytest.raises(SpecError, match="erase again"):
            erasure.erase_person(MAIL, "alice", NOW)
    erasure.erase_person(MAIL, "alice", NOW)
    assert left_in(in_state()) == []
    assert policy.load("workspace").name == "[erased]"


def test_a_colleague_of_the_same_address_stays_in_the_trail(known: None, alice: Any) -> None:
    from tenure.core import audit
    from tenure.core.models import AuditEntry

    alice.email = MAIL
    alice.save()
    audit.record(alice, "policy.save", "policy", "churn", why=f"{NAME} said so", now=NOW)
    erasure.erase_person(MAIL, "bob", NOW)
    entry = AuditEntry.objects.get(action="policy.save")
    assert (entry.actor, entry.why) == (MAIL, "[erased] said so")
    alice.refresh_from_db()
    assert alice.email == MAIL


def test_an_account_that_is_one_person_goes_by_a_pseudonym_everywhere(
    workspace: Any, db: None
) -> None:
    from tenure.accounts.models import Account, Membership

    land("accounts", {"account_id": MAIL, "name": NAME, "updated_at": "2024-01-01"})
    land("people", {"person_id": MAIL, "account_id": MAIL, "email": MAIL, "name": NAME})
    land("events", {"event": "Login", "timestamp": "2024-01-01", "account_id": MAIL,
                    "person_id": MAIL})  # fmt: skip
    erasure.erase_person(MAIL, "alice", NOW)
    account = Account.objects.get()
    assert account.pk.startswith("erased-")
    assert Membership.objects.get().account_id == account.pk
    paths = lake.current().files("events")["path"].to_pylist()
    (event,) = [r for p in paths for r in pq.ParquetFile(p).read().to_pylist()]
    assert event["account_id"] == account.pk
    assert left_in(in_state()) == []
    assert list(in_files(workspace.home)) == []
