"""What what customers write, by theme is made of."""

from __future__ import annotations

from tenure.core.slices import Slice

SLICE = Slice(name="texts", package="tenure.learning.texts", policies=("reading.documents",))
