"""State of the ways in: named file mappings and the runs that used them."""

from __future__ import annotations

from django.db import models


class FileMapping(models.Model):
    """How the columns of a kind of file become the columns of a table; can be run again."""

    name = models.CharField(max_length=120, primary_key=True)
    table = models.CharField(max_length=40)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    created_by = models.CharField(max_length=254, blank=True)
    updated_at = models.DateTimeField()


class ImportRun(models.Model):
    """One run over one file: how far it is, what landed, what did not.

    ``pending`` holds the counts of the bucket that is being appended, so that a run cut off between
    the lake and this row counts it once when it goes on. ``options`` are those of reading.
    """

    table = models.CharField(max_length=40)
    file = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    pending = models.JSONField(default=dict)
    source = models.CharField(max_length=80, default="file")
    state = models.CharField(max_length=20, default="running")
    chunk = models.PositiveIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    rows_new = models.BigIntegerField(default=0)
    rows_known = models.BigIntegerField(default=0)
    rows_quarantined = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    started_by = models.CharField(max_length=254, blank=True)
    error = models.TextField(blank=True)
