"""What the core: roles, operations, the database's own log is made of."""

from __future__ import annotations

from tenure.core.slices import Slice, Tick

SLICE = Slice(
    name="core",
    package="tenure.core",
    policies=("roles.documents", "operations.documents"),
    hooks={"policy_permission": ("roles.has",)},
    ticks=(
        Tick("checkpoint", "checkpoint.tick", 2.0),
        Tick("tidy", "jobs.prune", 3600.0),
        Tick("free_pages", "free_pages.tick", 3600.0),
    ),
)
