"""What the filters of the Accounts page offer."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.accounts.models import SavedView, Segment
from tenure.core.models import User
from tenure.health import policy
from tenure.health.pages import bands
from tenure.health.pages.account_filters import NOBODY, RENEWALS, Filters
from tenure.kit.pages import in_force
from tenure.kit.pages.once import per_request


@dataclass(frozen=True)
class Choice:
    """One value of a filter."""

    value: str
    title: str
    on: bool = False
    hint: str = ""
    role: str = ""


@dataclass(frozen=True)
class Facet:
    """A filter with its values; ``single`` ones exclude each other."""

    name: str
    title: str
    choices: list[Choice]
    single: bool = False

    @property
    def chosen(self) -> list[Choice]:
        """The values in force."""
        return [c for c in self.choices if c.on and c.value]


def stages() -> tuple[tuple[str, str], ...]:
    """Key and title of every lifecycle stage."""
    return tuple((s.name, s.title) for s in in_force.loaded(policy.stage_policy).stages)


def stage_title(key: str) -> str:
    """How a stage is called."""
    return dict(stages()).get(key, key.replace("_", " ").capitalize())


@per_request
def colleagues() -> tuple[tuple[int, str], ...]:
    """Id and name of everybody who can own an account."""
    rows = User.objects.filter(is_active=True).order_by("name", "email")
    return tuple((u.pk, str(u)) for u in rows.only("name", "email"))


def facets(filters: Filters, model: str) -> list[Facet]:
    """All filters, in the order of the page."""
    return [
        Facet("segment", "Segment", _segments(filters.segment)),
        Facet("band", "Health", _bands(filters.band, model)),
        Facet("risk", "Risk", _risks(filters.risk)),
        Facet("owner", "Owner", _owners(filters.owner)),
        Facet("stage", "Stage", [Choice(k, t, k in filters.stage) for k, t in stages()]),
        Facet("renewal", "Renewal", _renewals(filters.renewal), single=True),
        Facet("status", "Status", _statuses(filters.status), single=True),
    ]


def _segments(on: tuple[str, ...]) -> list[Choice]:
    rows = Segment.objects.order_by("title").only("name", "title", "size")
    return [Choice(s.name, s.title, s.name in on, f"{s.size:,}") for s in rows]


def _bands(on: tuple[str, ...], model: str) -> list[Choice]:
    return [
        Choice(b.name, b.title, b.name in on, f"from {b.min:g}", b.color)
        for b in bands.all_of(model)
    ]


def _risks(on: tuple[str, ...]) -> list[Choice]:
    return [
        Choice(b.name, b.title, b.name in on, f"from {b.min:g}", b.color)
        for b in reversed(bands.levels())
    ]


def _owners(on: tuple[str, ...]) -> list[Choice]:
    people = [Choice(str(pk), name, str(pk) in on) for pk, name in colleagues()]
    return [Choice(NOBODY, "Nobody", NOBODY in on), *people]


def _renewals(on: int | None) -> list[Choice]:
    spans = sorted({*RENEWALS, *([on] if on else [])})
    within = [Choice(str(d), f"Within {d} days", d == on) for d in spans]
    return [Choice("", "Any time", on is None), *within]


def _statuses(on: str) -> list[Choice]:
    titles = {"current": "Current customers", "churned": "Churned", "all": "Everyone"}
    return [Choice("" if k == "current" else k, title, k == on) for k, title in titles.items()]


def saved_views(user: User) -> list[SavedView]:
    """Own views and those that colleagues share, own first."""
    views = SavedView.objects.filter(user=user) | SavedView.objects.filter(shared=True)
    return sorted(views.select_related("user"), key=lambda v: (v.user_id != user.pk, v.name))
