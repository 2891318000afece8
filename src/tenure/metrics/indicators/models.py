"""Kept figures of leading indicators, each with what was expected of it at the time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class IndicatorValue(models.Model):
    """The figure of one period for the workspace (segment empty) or a segment.

    ``value`` is None where there was too little to tell; ``expected``, ``low`` and ``high`` where
    there was too little to compare with. ``factor`` is what marks had taught when it was judged.
    ``made_by`` tells the definition and the facts it was made from: another print, another value.
    """

    indicator = models.CharField(max_length=60)
    segment = models.CharField(max_length=80, blank=True)
    start = models.DateField()
    known_at = models.DateTimeField()
    value = models.FloatField(null=True)
    base = models.PositiveIntegerField(default=0)
    expected = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    status = models.CharField(max_length=10, default="unknown")  # fine, low, high, unknown
    factor = models.FloatField(default=1.0)
    made_by = models.CharField(max_length=80)
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["indicator", "segment", "start"], name="indicator_value_once"
            )
        ]
