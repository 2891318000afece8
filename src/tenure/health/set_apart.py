"""Signals that nothing is learned from, as history was told once what they rest on."""

from __future__ import annotations

from tenure.analytics.prediction import told_once
from tenure.analytics.prediction.policy import ToldOnce
from tenure.analytics.signals.registry import Registry
from tenure.facts import lake
from tenure.facts.reading import engine


def signals(registry: Registry, numbers: ToldOnce) -> list[str]:
    """Names of the signals of accounts that rest on attributes of which history knows no versions:
    what is said of a past date may have come after it."""
    suspected = told_once.suspected(registry, numbers)
    there = [table for table in suspected if lake.current().exists(table)]
    dataset = lake.current().dataset(there)
    fields = told_once.fields_told_once(dataset, engine(), suspected, numbers)
    return told_once.resting_on(registry, fields)
