"""Segments as kept: packaged ones, own rules, static lists; who is in them now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from django.db import transaction

from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import (
    CHANCE,
    SCORE_FIELDS,
    Bools,
    Rule,
    SegmentSpec,
    check_fields,
    evaluate,
    parse_rule,
)
from tenure.core import audit, policy

DOCUMENT = "segments"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,79}")
_CHUNK = 500


def packaged() -> dict[str, SegmentSpec]:
    """Segments of the policy document ``segments``."""
    specs: dict[str, SegmentSpec] = policy.load(DOCUMENT)
    return specs


def rules() -> dict[str, Rule]:
    """Every segment that has a rule, by name."""
    return {name: spec.rule for name, spec in packaged().items()} | own_rules()


def own_rules() -> dict[str, Rule]:
    """Rules of the segments that were made here."""
    own = Segment.objects.filter(packaged=False).exclude(rule="")
    return {s.name: parse_rule(f"segment {s.name}", s.rule) for s in own}


def exists(name: str) -> bool:
    """Whether there is a segment of that name: by rule or a list, packaged or own."""
    return name in packaged() or Segment.objects.filter(pk=name).exists()


def tiers() -> list[str]:
    """Names of the packaged tiers by value, of which an account has one; highest first."""
    return [name for name, spec in packaged().items() if spec.tier]


def titles() -> dict[str, str]:
    """Title of every segment by name."""
    named = {name: spec.title for name, spec in packaged().items()}
    return named | dict(Segment.objects.filter(packaged=False).values_list("name", "title"))


def of_scores(rule: Rule) -> bool:
    """Whether a rule looks at the score or a champion's chance, so that no score may rest on it."""
    return any(name in (*SCORE_FIELDS, CHANCE, "stage") for name in rule.fields())


def memberships(table: pa.Table, only: Collection[str] | None = None) -> dict[str, Bools]:
    """Membership in every segment (or ``only`` those), row by row of ``table``.

    ``table`` has ``account_id``, signals and, where known, the columns of the score. Static lists
    are as they stand now.
    """
    found = {n: evaluate(r, table) for n, r in rules().items() if only is None or n in only}
    lists = Segment.objects.filter(packaged=False, rule="").values_list("name", flat=True)
    for name in lists:
        if only is None or name in only:
            members = SegmentMember.objects.filter(segment=name)
            listed = set(members.values_list("account_id", flat=True))
            ids = table["account_id"].to_pylist()
            found[name] = np.array([a in listed for a in ids], dtype=bool)
    return found


def refresh(table: pa.Table, now: datetime) -> dict[str, int]:
    """Bring the members of all rule segments up to date with ``table``; gives their sizes.

    Accounts that are not in ``table`` belong to no rule segment. Only what changed is written.
    """
    keep_packaged()
    sizes = {}
    ids = np.array(table["account_id"].to_pylist(), dtype=object)
    known = set(Account.objects.values_list("pk", flat=True))
    for name, rows in memberships(table, only=rules().keys()).items():
        wanted = {a for a in ids[rows] if a in known}
        with transaction.atomic():
            _set_members(name, wanted)
            Segment.objects.filter(pk=name).update(size=len(wanted), counted_at=now)
        sizes[name] = len(wanted)
    return sizes


def set_members(name: str, accounts: Iterable[str], now: datetime) -> int:
    """Put exactly these known accounts into a segment before the next scoring; how many."""
    wanted = set(_existing(sorted(set(accounts))))
    with transaction.atomic():
        _set_members(name, wanted)
        Segment.objects.filter(pk=name).update(size=len(wanted), counted_at=now)
    return len(wanted)


def keep_packaged() -> None:
    """Rows for the packaged segments, as policy has them; those it dropped go."""
    specs = packaged()
    Segment.objects.filter(packaged=True).exclude(name__in=specs).delete()
    for name, spec in specs.items():
        Segment.objects.update_or_create(
            name=name,
            defaults={"title": spec.title, "description": spec.description, "packaged": True},
        )


def save_rule(
    name: str,
    title: str,
    rule: str,
    known: Collection[str],
    actor: object,
    now: datetime,
    description: str = "",
) -> Segment:
    """Make or change an own segment by rule (TOML); SpecError if it is not sound.

    ``known`` are the fields that rules may look at. Members follow with the next scoring.
    """
    parsed = parse_rule(f"segment {name}", rule)
    check_fields(f"segment {name}", parsed, known)
    return _save(name, title, description, rule, actor, now)


def save_list(
    name: str,
    title: str,
    accounts: Iterable[str],
    actor: object,
    now: datetime,
    description: str = "",
) -> Segment:
    """Make or change a static list; SpecError names accounts that do not exist."""
    wanted = set(accounts)
    known = set(_existing(sorted(wanted)))
    if missing := sorted(wanted - known):
        raise SpecError(
            f"segment {name}",
            "accounts",
            f"there is no account {', '.join(missing[:5])}",
            "use ids of accounts that were imported",
        )
    with transaction.atomic():
        segment = _save(name, title, description, "", actor, now)
        _set_members(name, wanted)
        segment.size, segment.counted_at = len(wanted), now
        segment.save(update_fields=["size", "counted_at"])
    return segment


def delete(name: str, actor: object, now: datetime) -> None:
    """Delete an own segment; SpecError for a packaged one or none."""
    segment = Segment.objects.filter(pk=name).first()
    if segment is None or segment.packaged:
        raise SpecError(
            f"segment {name}",
            "name",
            "is no segment of your own",
            "change packaged segments in the policy document 'segments'",
        )
    with transaction.atomic():
        audit.record(actor, "segment.deleted", "segment", name, before=_shown(segment), now=now)
        segment.delete()


def _save(
    name: str, title: str, description: str, rule: str, actor: object, now: datetime
) -> Segment:
    if not _NAME.fullmatch(name):
        raise SpecError(
            f"segment {name}", "name", "is not usable", "use lower-case letters, digits, - and _"
        )
    if name in packaged():
        raise SpecError(f"segment {name}", "name", "is a packaged segment", "choose another name")
    with transaction.atomic():
        before = Segment.objects.filter(pk=name).first()
        segment, _ = Segment.objects.update_or_create(
            name=name,
            defaults={"title": title, "description": description, "rule": rule},
            create_defaults={
                "title": title,
                "description": description,
                "rule": rule,
                "created_by": audit.actor_name(actor),
            },
        )
        audit.record(
            actor,
            "segment.saved",
            "segment",
            name,
            before=_shown(before) if before else None,
            after=_shown(segment),
            now=now,
        )
    return segment


def _shown(segment: Segment) -> Mapping[str, str]:
    return {"title": segment.title, "description": segment.description, "rule": segment.rule}


def _set_members(name: str, wanted: set[str]) -> None:
    members = SegmentMember.objects.filter(segment_id=name)
    current = set(members.values_list("account_id", flat=True))
    for chunk in _chunks(sorted(current - wanted)):
        members.filter(account_id__in=chunk).delete()
    new = (SegmentMember(segment_id=name, account_id=a) for a in sorted(wanted - current))
    SegmentMember.objects.bulk_create(new, batch_size=_CHUNK, ignore_conflicts=True)


def _existing(ids: Sequence[str]) -> Iterable[str]:
    for chunk in _chunks(ids):
        yield from Account.objects.filter(pk__in=chunk).values_list("pk", flat=True)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK))
