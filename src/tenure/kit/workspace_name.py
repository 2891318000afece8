"""The workspace's name: a policy document of its own, so that it is versioned and audited."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import tomlkit
from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.core import policy
from tenure.kit.pages import in_force

DOCUMENT = "workspace"
DEFAULT = Path(__file__).with_name("workspace.toml")


class WorkspaceSpec(BaseModel):
    """What the document may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(default="", max_length=80)


def parse(source: str, text: str) -> WorkspaceSpec:
    """The document in ``text``; SpecError when it is not sound."""
    return toml.parse(WorkspaceSpec, source, toml.read(source, text))


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Workspace",
            DEFAULT,
            parse,
            "What this workspace is called.",
            permission=policy.EDIT,
        ),
    )


def read() -> str:
    """The name in force, empty while nobody gave one."""
    return str(in_force.loaded(policy.load, DOCUMENT).name)


def write(name: str, author: object, now: datetime) -> None:
    """Put ``name`` in force as a new version."""
    policy.save(DOCUMENT, tomlkit.dumps({"name": name}), author, "name of the workspace", now)
