"""The lake: what happened, append-only, in Delta tables that other engines read.

Each table is a Delta table under the lake's folder; events and results are partitioned by
``received_day``. An append carries an application transaction ``(writer, number)``: numbers of one
writer only grow, and a number that is already in the table (or a later one) is not written again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import TableNotFoundError

from tenure.analytics.dataset import Dataset
from tenure.analytics.tables import TABLES
from tenure.core import workspace
from tenure.facts import durable
from tenure.facts.conform import PARTITION, conform, with_day, with_schema_day

WHOLE = frozenset(TABLES) - {"events"}
"""Tables about things are not split by day: years of them are a few files, not thousands."""
KEEP_LOG_MINUTES = 60
"""So long a commit that a checkpoint holds stays for engines that are reading the log."""
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_NO_DICTIONARY = ColumnProperties(dictionary_enabled=False)  # hardly a value comes twice
_WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    column_properties={"message_id": _NO_DICTIONARY, "properties": _NO_DICTIONARY},
)


class Lake:
    """All tables of one workspace. Safe to share between threads."""

    def __init__(self, root: Path | str, storage_options: Mapping[str, str] | None = None) -> None:
        self.root = str(root).rstrip("/")
        self.local = "://" not in self.root
        self._options = dict(storage_options or {}) or None
        self._handles: dict[str, DeltaTable] = {}
        self._lock = threading.RLock()

    def folder(self, table: str) -> Path:
        """Where a table's files are (local lakes only)."""
        return Path(self.root) / table

    def append(self, table: str, data: pa.Table, txn: tuple[str, int]) -> bool:
        """Add facts once, durably. False (and nothing written) if ``txn`` is already there.

        Tables of ``analytics.tables`` get their declared schema; others take that of their first
        append. A concurrent append with the same transaction raises and leaves one of the two.
        """
        known = TABLES.get(table)
        data = conform(data, known.arrow_schema()) if known else with_schema_day(data)
        with self._lock:
            handle = self._for_append(table, data.schema)
            last = handle.transaction_version(txn[0])
            if last is not None and last >= txn[1]:
                return False
            before = handle.version()
            write_deltalake(
                handle,
                data,
                mode="append",
                schema_mode="merge" if self._grows(handle, data.schema) else None,
                writer_properties=_WRITER,
                commit_properties=CommitProperties(app_transactions=[Transaction(*txn)]),
                post_commithook_properties=_NO_HOOKS,
            )
            handle.update_incremental()
            self._make_durable(table, handle, before + 1)
        return True

    def exists(self, table: str) -> bool:
        """Whether anything was ever written to ``table``."""
        return self._handle(table) is not None

    def version(self, table: str) -> int:
        """Number of the newest commit of ``table``; -1 when there is none."""
        handle = self._handle(table)
        return -1 if handle is None else handle.version()

    def transaction(self, table: str, writer: str) -> int:
        """The last transaction number of ``writer`` in ``table``; 0 when there is none."""
        handle = self._handle(table)
        return (handle.transaction_version(writer) or 0) if handle else 0

    def rows(self, table: str) -> int:
        """How many facts ``table`` holds, from its log."""
        files = self.files(table)
        return int(pc.sum(files["num_records"]).as_py() or 0) if len(files) else 0

    def files(self, table: str, since: date | None = None) -> pa.Table:
        """One row a data file: ``path`` (absolute), ``num_records``, ``first_day`` and ``last_day``
        (received days, inclusive), ``partition.received_day`` (the last day, where the table has
        no partitions), and ``min.<column>``, ``max.<column>`` where known."""
        with self._lock:
            handle = self._handle(table)
            if handle is None:
                return pa.table({"path": pa.array([], pa.string())})
            files = _with_days(pa.table(handle.get_add_actions(flatten=True)))
        if since is not None:
            files = files.filter(pc.greater_equal(files["last_day"], since))
        path = pc.binary_join_element_wise(f"{self.root}/{table}", files["path"], "/")
        return files.set_column(files.schema.get_field_index("path"), "path", path)

    def small_files(self, table: str, below: int = 16 << 20) -> int:
        """How many files of a day that has several are smaller than ``below`` bytes."""
        files = self.files(table)
        if not len(files):
            return 0
        small = files.filter(pc.less(files["size_bytes"], below))
        days = small.group_by(f"partition.{PARTITION}").aggregate([([], "count_all")])
        counts = days.filter(pc.greater(days["count_all"], 1))["count_all"]
        return int(pc.sum(counts).as_py() or 0)

    def tables(self) -> list[str]:
        """Names of the tables that exist (local lakes: from the folder; else the declared ones)."""
        if not self.local:
            return [name for name in TABLES if self.exists(name)]
        logs = Path(self.root).glob("*/_delta_log")
        return sorted(log.parent.name for log in logs)

    def dataset(self, tables: Iterable[str] | None = None, since: date | None = None) -> Dataset:
        """The files to read, as of now, for ``tables`` (default: all that exist).

        ``since`` leaves out files with facts received before that day.
        """
        names = self.tables() if tables is None else [t for t in tables if self.exists(t)]
        return Dataset({name: self.files(name, since)["path"].to_pylist() for name in names})

    def compact(
        self, table: str, *, keep_hours: int, file_bytes: int = 128 << 20
    ) -> dict[str, int]:
        """Merge small files of each day, write a checkpoint, drop files unused for ``keep_hours``.

        Readers that took their file list less than ``keep_hours`` ago are not disturbed.
        """
        with self._lock:
            handle = self._need(table)
            before = handle.version()
            done = handle.optimize.compact(
                target_size=file_bytes, post_commithook_properties=_NO_HOOKS
            )
            handle.update_incremental()
            self._make_durable(table, handle, before + 1)
            self._checkpoint(table, handle)
            gone = self._vacuum(table, handle, keep_hours)
            self._clean_log(table, handle, timedelta(minutes=KEEP_LOG_MINUTES))
        return {
            "merged": int(done["numFilesRemoved"]),
            "written": int(done["numFilesAdded"]),
            "deleted": gone,
        }

    def rewrite(self, table: str, where: str, updates: Mapping[str, str] | None = None) -> int:
        """Erase (or change) the facts that match ``where``, so that their bytes are gone.

        ``where`` and the values of ``updates`` are SQL expressions over the table's columns;
        without ``updates`` the facts are deleted. Old files, and old commits whose statistics
        could still name a value, are removed at once: a reader in flight has to start again.
        Returns the number of facts touched.
        """
        with self._lock:
            handle = self._need(table)
            before = handle.version()
            touched = self._touch(handle, where, updates)
            handle.update_incremental()
            if touched:
                self._make_durable(table, handle, before + 1)
            self.purge(table)
        return touched

    def amend(self, table: str, source: pa.Table, matched: str, columns: Iterable[str]) -> int:
        """Change facts in one commit; gives how many.

        ``matched`` is an SQL condition between a fact ``t`` and a row ``s`` of ``source``, true of
        one row at most; ``columns`` of the fact then take the row's values. The bytes of what stood
        there stay in old files until ``purge``.
        """
        with self._lock:
            handle = self._need(table)
            before = handle.version()
            merge = handle.merge(
                source,
                matched,
                source_alias="s",
                target_alias="t",
                writer_properties=_WRITER,
                post_commithook_properties=_NO_HOOKS,
            )
            done = merge.when_matched_update({c: f's."{c}"' for c in columns}).execute()
            handle.update_incremental()
            self._make_durable(table, handle, before + 1)
        return int(done["num_target_rows_updated"])

    def purge(self, table: str) -> None:
        """Remove at once all bytes that are in no fact of ``table`` any more: old files, and old
        commits whose statistics could name a value. A reader in flight has to start again."""
        with self._lock:
            handle = self._need(table)
            self._checkpoint(table, handle)
            self._vacuum(table, handle, 0)
            self._forget_commits(table)
            self._handles.pop(table)

    @staticmethod
    def _touch(handle: DeltaTable, where: str, updates: Mapping[str, str] | None) -> int:
        options: Any = {"writer_properties": _WRITER, "post_commithook_properties": _NO_HOOKS}
        if updates is None:
            return int(handle.delete(where, **options)["num_deleted_rows"])
        return int(handle.update(dict(updates), predicate=where, **options)["num_updated_rows"])

    def _handle(self, table: str) -> DeltaTable | None:
        with self._lock:
            handle = self._handles.get(table)
            if handle is not None:
                try:
                    handle.update_incremental()
                    return handle
                except Exception:  # log was cleaned up, or the table made anew: open it again
                    self._handles.pop(table)
            try:
                handle = DeltaTable(f"{self.root}/{table}", storage_options=self._options)
            except TableNotFoundError:
                return None
            self._handles[table] = handle
            return handle

    def _need(self, table: str) -> DeltaTable:
        handle = self._handle(table)
        if handle is None:
            raise KeyError(f"the lake has no table {table}")
        return handle

    def _for_append(self, table: str, schema: pa.Schema) -> DeltaTable:
        handle = self._handle(table)
        if handle is None:
            if self.local:
                self.folder(table).mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                f"{self.root}/{table}",
                schema,
                mode="ignore",
                partition_by=None if table in WHOLE else [PARTITION],
                storage_options=self._options,
            )
            handle = self._need(table)
            self._make_durable(table, handle, 0)
        return handle

    @staticmethod
    def _grows(handle: DeltaTable, schema: pa.Schema) -> bool:
        return bool(set(schema.names) - {field.name for field in handle.schema().fields})

    def _make_durable(self, table: str, handle: DeltaTable, first: int) -> None:
        if self.local:
            durable.sync_commits(self.folder(table), first, handle.version())

    def _checkpoint(self, table: str, handle: DeltaTable) -> None:
        handle.create_checkpoint()
        if self.local:
            log = self.folder(table) / "_delta_log"
            made = [*log.glob(f"{handle.version():020d}.checkpoint*"), log / "_last_checkpoint"]
            durable.sync_all(made, self.folder(table))

    def _vacuum(self, table: str, handle: DeltaTable, keep_hours: int) -> int:
        before = handle.version()
        gone = handle.vacuum(
            retention_hours=keep_hours,
            dry_run=False,
            enforce_retention_duration=False,
            post_commithook_properties=_NO_HOOKS,
        )
        handle.update_incremental()
        # It writes down that it began and ended: a hole there would make the table unreadable.
        self._make_durable(table, handle, before + 1)
        return len(gone)

    def _forget_commits(self, table: str) -> None:
        if self.local:
            handle = self._need(table)
            self._checkpoint(table, handle)
            self._clean_log(table, handle, timedelta())

    def _clean_log(self, table: str, handle: DeltaTable, age: timedelta) -> None:
        """Commits that the checkpoint of ``handle`` holds go, once they are so old; a reader that
        still wanted one opens the table anew. Elsewhere the table's own retention counts."""
        if not self.local:
            handle.cleanup_metadata()
            return
        keep, before = f"{handle.version():020d}", time.time() - age.total_seconds()
        log = self.folder(table) / "_delta_log"
        for file in log.iterdir():
            held = file.name[:1].isdigit() and file.name[:20] < keep
            if held and (not age or file.stat().st_mtime < before):
                file.unlink()
        durable.sync(log)


def _with_days(files: pa.Table) -> pa.Table:
    """The received days each file spans: its partition's, or those of its statistics."""
    name = f"partition.{PARTITION}"
    if name in files.column_names:
        first = last = files[name].cast(pa.date32())
    else:
        first, last = (files[f"{end}.{PARTITION}"].cast(pa.date32()) for end in ("min", "max"))
        files = files.append_column(name, last)
    return files.append_column("first_day", first).append_column("last_day", last)


_current: dict[str, Lake] = {}


def current() -> Lake:
    """The lake of the current workspace."""
    root = str(workspace.current().lake)
    return _current.setdefault(root, Lake(root))


def day_of(moment: datetime) -> date:
    """The UTC day of ``moment``."""
    return moment.astimezone(UTC).date()


__all__ = ["PARTITION", "Lake", "conform", "current", "day_of", "with_day"]
