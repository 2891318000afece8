"""Parquet files; a row's line is its number, from 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.analytics.errors import SpecError
from tenure.connectors.files.chunks import Chunk, Opened


def open_parquet(path: Path) -> Opened:
    """A Parquet file; SpecError if it is damaged."""
    try:
        with pq.ParquetFile(path) as file:
            columns, rows = file.schema_arrow.names, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        remedy = "write the file again, or give the format (--format csv)"
        raise SpecError(str(path), "file", f"is no sound Parquet file ({error})", remedy) from error

    def chunks(size: int) -> Iterator[Chunk]:
        done = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size):
                lines = np.arange(done + 1, done + 1 + batch.num_rows)
                done += batch.num_rows
                yield Chunk(pa.Table.from_batches([batch]), pa.array(lines), [], done)

    return Opened(path, "parquet", columns, chunks, rows)
