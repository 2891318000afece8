"""Filling a workspace with Larkspur, by the same ways in as anybody's data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import tomlkit

from tenure.analytics.prediction import booster
from tenure.connectors.files.frames import load_frame
from tenure.core import audit, keys, policy, team
from tenure.core.models import ApiKey, User
from tenure.demo import broken_sdk, marker
from tenure.demo.company import Company
from tenure.demo.marker import Marker
from tenure.demo.simulate import Simulation, simulate
from tenure.facts import periodic_tasks
from tenure.facts.inbox import RawRequest, store
from tenure.facts.models import Quarantined
from tenure.health import actions, proposals
from tenure.health import policy as health_policy
from tenure.health.learned import models_kept
from tenure.health.models import LearnedModel, Trial
from tenure.learning.investigations import actions as losses
from tenure.learning.investigations.queries import counts
from tenure.learning.practice_audit import actions as practice
from tenure.metrics.indicators import actions as indicators
from tenure.plays import advance, dry_run, switching
from tenure.plays import jobs as play_jobs
from tenure.plays.models import Enrolment, PlaySwitch
from tenure.work.tasks.models import Task

PASSWORD = "try-the-demo"  # noqa: S105 - it is printed: the data is invented
MOBILE = "larkspur-mobile"
SYSTEMS = {
    "product": ("features", "events"),
    "crm": ("accounts", "people", "interactions", "goals"),
    "billing": ("plans", "subscriptions", "invoices", "payments", "cards"),
    "helpdesk": ("tickets", "responses"),
}
WEEKS_BACK = 8  # weekly scores beside the monthly ones of the validation

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Step:
    """One part of the work: what it does, and the doing, which gives a line about what came out."""

    title: str
    run: Callable[[Report], str]


class Seeding:
    """All steps, in order. Each can be repeated: what is there already is not added again."""

    def __init__(self, home: Path, company: Company, mark: Marker, now: datetime) -> None:
        self.home, self.company, self.mark, self.now = home, company, mark, now
        self._simulation: Simulation | None = None

    def steps(self) -> Iterator[Step]:
        """What is to be done."""
        yield Step("Simulate two years of Larkspur", self._simulate)
        yield Step("Make its team and its policy", self._workspace)
        yield Step("Import facts of all tables", self._import)
        yield Step("Take in what a broken app sent", self._broken)
        yield Step("Score the past month by month, and validate", self._validate)
        yield Step("Score the last weeks", self._weeks)
        yield Step("Switch plays on, and try one on the months before", self._plays)
        yield Step("Score today by every model", self._score)
        yield Step("Let the plays begin", self._begin)
        yield Step("Study the accounts that left", self._study)
        yield Step("Look for known faults of practice", self._audit)
        yield Step("Work out the indicators", self._indicators)
        yield Step("Ask for a learned model and for better weights", self._learn)

    def _learn(self, _: Report) -> str:
        """Left to the worker: both take a while, and everything else works meanwhile."""
        if Trial.objects.exists() or LearnedModel.objects.exists():
            return "there already"
        admin = User.objects.order_by("pk").first()
        proposals.ask(health_policy.settings().default_model, now=self.now, by=admin)
        if booster.is_there():
            models_kept.ask(now=self.now, by=admin)
        return "a worker sees to it: look under Validation"

    @property
    def end(self) -> datetime:
        """Midnight after the last simulated day."""
        return datetime.combine(self.mark.last_day, time(), UTC)

    def finish(self) -> None:
        """Mark the workspace as whole."""
        marker.finish(self.home, self.mark)

    def _simulate(self, _: Report) -> str:
        self._simulation = simulate(
            self.company, self.mark.last_day, self.mark.seed, self.mark.accounts
        )
        events = self._simulation.tables["events"].num_rows
        return f"{self.mark.accounts:,} accounts, {events:,} events"

    def _workspace(self, _: Report) -> str:
        admin = self._team()
        name = f"{self.company.name} (simulated)"
        texts = {
            "workspace": tomlkit.dumps({"name": name}),
            "contracts": policy.default_text("contracts") + _own("contracts"),
            "onboarding": _own("onboarding"),
        }
        for document, text in texts.items():
            if policy.text(document) != text:
                policy.save(document, text, admin, "the demo's own", self.now)
        if not ApiKey.objects.filter(name=MOBILE).exists():
            keys.make_key(MOBILE, keys.INGEST, by=admin, now=self.now)
        return f"{len(self.company.team)} colleagues"

    def _team(self) -> User:
        first, *others = self.company.team
        if team.is_new():
            team.make_first_admin(first.email, PASSWORD, first.name, now=self.now)
        admin = User.objects.get(email=first.email)
        for person in others:
            if not User.objects.filter(email=person.email).exists():
                User.objects.create_user(person.email, PASSWORD, role=person.role, name=person.name)
                audit.record(admin, "team.invite", "user", person.email, now=self.now)
        return admin

    def _import(self, report: Report) -> str:
        assert self._simulation is not None
        tables = self._simulation.tables
        system = {t: name for name, held in SYSTEMS.items() for t in held}
        total = sum(t.num_rows for t in tables.values())
        done = 0
        for name, rows in tables.items():
            report(done, total)
            load_frame(name, rows, name=f"larkspur-{system[name]}", now=self.now)
            done += rows.num_rows
        return f"{total:,} facts in {len(tables)} tables"

    def _broken(self, _: Report) -> str:
        assert self._simulation is not None
        sent = broken_sdk.requests(self._simulation, np.random.default_rng(self.mark.seed))
        store([RawRequest(at, f"segment:{MOBILE}", "segment:batch", body) for at, body in sent])
        periodic_tasks.flush_now(self.now)
        held = Quarantined.objects.filter(source=f"segment:{MOBILE}").count()
        return f"{held} facts held back by the contracts"

    def _validate(self, report: Report) -> str:
        kept = actions.validate_model(None, now=self.now, progress=report)
        row = next(
            h for h in kept.result["horizons"] if h["days"] == kept.result["verdict"]["days"]
        )
        area = row["auc"]
        return f"AUC {area['value']:.2f} ({area['low']:.2f} to {area['high']:.2f})"

    def _weeks(self, report: Report) -> str:
        days = [self.end - timedelta(days=7 * n) for n in range(1, WEEKS_BACK + 1)]
        actions.backtest(days, None, report, now=self.now)
        return f"{len(days)} weeks"

    def _score(self, report: Report) -> str:
        names = health_policy.model_names()
        for number, name in enumerate(names):
            report(number, len(names))
            run = actions.run_scoring(self.now, name, now=self.now)
        return f"{run.accounts_done:,} accounts, {len(names)} models"

    def _plays(self, report: Report) -> str:
        admin = User.objects.get(email=self.company.team[0].email)
        on = set(PlaySwitch.objects.values_list("play", flat=True))
        for name in self.company.plays:
            if name not in on:
                switching.switch_on(name, admin, now=self.now)
        for name in self.company.tried:
            dry_run.keep(name, self.now, report)
        return f"{len(self.company.plays)} on"

    def _begin(self, _: Report) -> str:
        play_jobs.look(self.now)
        while advance.advance_due(self.now):
            pass
        inside, held = (Enrolment.objects.filter(held_out=h).count() for h in (False, True))
        return f"{inside:,} in, {held:,} held out, {Task.objects.count():,} tasks"

    def _indicators(self, report: Report) -> str:
        done = indicators.run(self.now, report)
        return f"{done.counted} periods, {done.alarms} out of line"

    def _study(self, report: Report) -> str:
        opened = 0
        for some in losses.study_in_chunks(self.now):
            opened += some
            report(opened, 0)
        found = counts()
        return f"{opened:,} losses, {found['preventable']:,} of them preventable"

    def _audit(self, _: Report) -> str:
        kept = practice.run(self.now)
        return f"{kept.counts['open']} open, {kept.counts['not_assessed']} not assessed"


def _own(document: str) -> str:
    return (files("tenure.demo") / "policy" / f"{document}.toml").read_text("utf-8")
