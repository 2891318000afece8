"""What what all faces share is made of."""

from __future__ import annotations

from tenure.core.slices import Slice

SLICE = Slice(name="kit", package="tenure.kit", policies=("workspace_name.documents",))
