"""A scoring run: all accounts, one model, one moment; resumable, and written once.

The run's row in the state says what it stands on (model version, moment, print of the facts). Each
chunk of accounts goes to the lake under its own transaction number and then, for a live run, into
the state in one transaction; a run that was cut off goes on where it stopped, and writes nothing
twice. A live run never replaces a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tenure.accounts import segments
from tenure.analytics.dataset import Dataset
from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.core import policy as documents
from tenure.facts import lake
from tenure.facts.inbox import record_own
from tenure.facts.reading import engine
from tenure.health import (
    explanations,
    gaps,
    lake_writing,
    policy,
    rollups,
    runs,
    stage_changes,
    state,
    summary,
)
from tenure.health.fingerprint import Fingerprint
from tenure.health.models import ScoringRun
from tenure.health.pipeline import Rules, Scored, compute, score_everyone
from tenure.health.trends import DIGITS
from tenure.health.versions import version_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Facts:
    """The facts as the lake has them when a run begins; one look serves all dates of a backtest."""

    dataset: Dataset
    printed: Callable[[datetime], str]

    @classmethod
    def now(cls) -> Facts:
        """As of this call."""
        dataset = lake.current().dataset(list(TABLES))
        return cls(dataset, Fingerprint(dataset))


BEFORE_LIVE: list[Callable[[pa.Table, datetime], pa.Table]] = []
"""What adds to the signals of a live scoring by the default model, before anything is told from
them: signals of all known accounts and the moment; gives them with what is added."""

AFTER_LIVE: list[Callable[[pa.Table, datetime, datetime], object]] = []
"""Whom to tell of a live scoring by the default model: all known accounts with signals, score and
stage; the moment scored; now. They must bear to be told again."""

STAGE_MEMORY = timedelta(days=62)
"""A stage older than this is not carried on: the account is placed anew."""


def run_scoring(
    as_of: datetime | None = None,
    model: str | None = None,
    progress: Progress | None = None,
    *,
    now: datetime | None = None,
) -> ScoringRun:
    """Score every account that was a customer as of ``as_of`` (default: now) and keep the result.

    The latest state follows unless a later moment was scored already; then only history does.
    SpecError if there is no such model or the moment is yet to come. Asked again for the same
    moment, model and facts, the finished run is returned.
    """
    now = now or datetime.now(UTC)
    as_of = as_of or now
    rules = Rules.in_force(model)
    last = runs.latest_live(rules.model.name)
    purpose = "live" if last is None or as_of >= last.as_of else "backtest"
    return _run(rules, as_of, purpose, Facts.now(), progress, now)


def backtest(
    dates: Sequence[datetime],
    model: str | None = None,
    progress: Progress | None = None,
    *,
    now: datetime | None = None,
) -> list[ScoringRun]:
    """Score past moments as of then, oldest first; what is already scored is not scored again.

    The latest state is never touched. ``progress`` counts dates.
    """
    now = now or datetime.now(UTC)
    rules = Rules.in_force(model)
    facts = Facts.now()
    done = []
    for number, moment in enumerate(sorted(dates)):
        if progress:
            progress(number, len(dates))
        done.append(_run(rules, moment, "backtest", facts, None, now))
    if progress:
        progress(len(dates), len(dates))
    return done


def _run(
    rules: Rules,
    as_of: datetime,
    purpose: str,
    facts: Facts,
    progress: Progress | None,
    now: datetime,
) -> ScoringRun:
    if as_of > now:  # its "latest" score would stand in the way of all to come
        remedy = f"take a day up to {now.date()}"
        raise SpecError("scoring", "as_of", f"{as_of.date()} lies in the future", remedy)
    run = _open(rules, as_of, purpose, facts, now)
    if run.state == "done":
        return run
    try:
        _score(run, rules, facts.dataset, progress, now)
    except Exception as error:
        ScoringRun.objects.filter(pk=run.pk).update(state="failed", error=str(error)[:2000])
        raise
    return run


def _open(rules: Rules, as_of: datetime, purpose: str, facts: Facts, now: datetime) -> ScoringRun:
    """The run of this moment, version and facts: new, to be resumed, or done."""
    version = version_of(rules)
    body = documents.text(policy.MODELS + rules.model.name)
    explanations.remember(rules.model, version, body, now)
    run, _ = ScoringRun.objects.get_or_create(
        model=rules.model.name,
        model_version=version,
        as_of=as_of,
        facts=facts.printed(as_of),
        defaults={"purpose": purpose, "started_at": now},
    )
    if purpose == "live" and run.purpose != "live":  # scored for history before, now wanted live
        run.purpose, run.state = "live", "running"
        run.save(update_fields=["purpose", "state"])
    return run


def _score(
    run: ScoringRun, rules: Rules, dataset: Dataset, progress: Progress | None, now: datetime
) -> None:
    scored = _evaluate(run, rules, dataset)
    accounts = scored.scores["account_id"].to_pylist()
    live = run.purpose == "live"
    run.state, run.accounts_total, run.error = "running", len(accounts), ""
    run.save(update_fields=["state", "accounts_total", "error"])
    size = policy.settings().chunk_accounts
    if progress:
        progress(0, len(accounts))
    for number, start in enumerate(range(0, len(accounts), size)):
        done = _chunk(run, rules, scored, number, (start, min(start + size, len(accounts))), now)
        if progress:
            progress(done, len(accounts))
    missing = gaps.look(dataset, rules.registry, rules.kept_signals(), run.as_of) if live else []
    _finish(run, rules, scored, accounts, now, missing)


def _evaluate(run: ScoringRun, rules: Rules, dataset: Dataset) -> Scored:
    ready = rollups.ready(dataset, rules.registry)
    signals = compute(rules, run.as_of, dataset, engine=engine(), rollup=ready)
    if run.purpose == "live" and run.model == policy.settings().default_model:
        for add in BEFORE_LIVE:
            signals = add(signals, run.as_of)
    return score_everyone(signals, rules, run.as_of, _stage_before(run), run.model_version)


def _stage_before(run: ScoringRun) -> dict[str, str]:
    """Each account's stage before this run: as kept now for a live run, else as history says."""
    if run.purpose == "live" and (kept := stage_changes.current()):
        return kept
    earlier = runs.before(run.model, run.as_of, within=STAGE_MEMORY)
    return {} if earlier is None else stage_changes.at(earlier)


def _chunk(
    run: ScoringRun, rules: Rules, scored: Scored, number: int, span: tuple[int, int], now: datetime
) -> int:
    scores = scored.scores.slice(span[0], span[1] - span[0])
    signals = scored.signals.slice(span[0], span[1] - span[0])
    kept = rules.kept_signals()
    lake_writing.append(run, number, scores, signals, kept)
    if run.purpose == "live":
        _write_state(run, rules, scores, _values(signals, kept), now)
    ScoringRun.objects.filter(pk=run.pk).update(accounts_done=span[1])
    return span[1]


def _write_state(
    run: ScoringRun,
    rules: Rules,
    scores: pa.Table,
    values: list[dict[str, object]],
    now: datetime,
) -> None:
    numbers = policy.settings()
    accounts = scores["account_id"].to_pylist()
    past = state.look_back(run, rules.model, accounts, numbers)
    rows = state.build(run, rules.model, scores, values, past)
    facts = state.own_facts(rows, past, run, numbers.fact_from_points, now)
    with transaction.atomic():
        state.write(rows, past)
        record_own(facts, now=now)


def _values(signals: pa.Table, names: list[str]) -> list[dict[str, object]]:
    """Signal values per account as they are kept: only what is known."""
    columns = [_rounded(signals[name]).to_pylist() for name in names]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _rounded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.round(column, DIGITS) if pa.types.is_floating(column.type) else column


def _finish(
    run: ScoringRun,
    rules: Rules,
    scored: Scored,
    accounts: list[str],
    now: datetime,
    missing: Sequence[gaps.Gap],
) -> None:
    if run.purpose == "live":
        state.remove_others(run.model, set(accounts))
        if run.model == policy.settings().default_model:
            stage_changes.keep(scored.everyone, run.as_of, now)
            segments.refresh(scored.everyone, now)
            for tell in AFTER_LIVE:
                tell(scored.everyone, run.as_of, now)
    run.state, run.finished_at, run.accounts_done = "done", now, len(accounts)
    run.summary = summary.of(scored, rules.model) | {"gaps": [asdict(gap) for gap in missing]}
    run.save(update_fields=["state", "finished_at", "accounts_done", "summary"])
