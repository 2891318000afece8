"""Every policy document with the version in force, sorted into the questions they answer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from tenure.core import policy
from tenure.core.models import PolicyVersion

GROUPS = (
    (
        "Health models",
        "How signals become a score, and what each band calls for.",
        "health/models/",
    ),
    (
        "Scores and churn",
        "Which model is the default, how risk is reckoned, when an account counts as gone, how "
        "scores are proven.",
        "health churn validation prediction",
    ),
    ("Signals", "What is counted, over which window, and which warnings it fires.", "signals/"),
    (
        "Segments and stages",
        "Which accounts belong together, and where they stand.",
        "segments stages",
    ),
    (
        "Alerts and indicators",
        "What is watched, from where on it is told, and who is told.",
        "alerts indicators digests themes texts sentiment",
    ),
    ("Revenue", "How revenue, retention and lifetime value are reckoned.", "revenue ltv"),
    ("Practice", "Which faults of customer success are looked for, and from where on.", "audit"),
    ("Facts", "What those who send facts promise, and how facts are taken in.", "contracts ingest"),
    ("Workspace", "Who may do what, and how the workspace runs.", ""),
)
SIGNALS = "signals/"
SECTIONS = (
    ("signals", "signal"),
    ("risk", "warning"),
    ("opportunity", "growth sign"),
    ("roles", "event role"),
)
MODELS = GROUPS[0][2]


@dataclass(frozen=True)
class Entry:
    """One document: what it is and which version holds."""

    name: str
    title: str
    description: str
    own: bool
    active: PolicyVersion | None

    @property
    def short(self) -> str:
        """The last part of the name."""
        return self.name.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Group:
    """Documents that answer one question."""

    title: str
    description: str
    entries: list[Entry]


def entries() -> list[Entry]:
    """All documents, by name."""
    saved = {row.name: row for row in PolicyVersion.objects.filter(active=True).defer("body")}
    return [
        Entry(d.name, *words_of(d), d.path is None, saved.get(d.name)) for d in policy.documents()
    ]


def words_of(document: policy.PolicyDocument) -> tuple[str, str]:
    """Title and description; documents of signals say themselves what they are about."""
    if not document.name.startswith(SIGNALS):
        return document.title, document.description
    content = tomllib.loads(policy.text(document.name))
    counts = ((n, len(content.get(section, {}))) for section, n in SECTIONS)
    said = [f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts if count]
    return str(content.get("title", document.title)), ", ".join(said) or document.description


def groups() -> list[Group]:
    """All documents in groups; each stands in the first that takes it."""
    left = entries()
    found = []
    for title, description, prefixes in GROUPS:
        taken = [e for e in left if e.name.startswith(tuple(prefixes.split()) or "")]
        left = [e for e in left if e not in taken]
        if taken:
            found.append(Group(title, description, taken))
    return found
