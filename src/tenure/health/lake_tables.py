"""Tables of the lake that scoring writes: every score ever made, and the signals behind it.

``received_day`` is the day of ``as_of``, so that a look at some dates opens the files of those
dates only. Rows of a run lie sorted by account, so that a look at one account skips most of a file.
"""

from __future__ import annotations

import pyarrow as pa

STAMP = pa.timestamp("us", tz="UTC")

SCORES = pa.schema(
    [
        ("account_id", pa.string()),
        ("as_of", STAMP),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("variant", pa.string()),
        ("health", pa.float64()),
        ("band", pa.string()),
        ("risk", pa.float64()),
        ("risk_level", pa.string()),
        ("coverage", pa.float64()),
        ("stage", pa.string()),
        ("risk_signals", pa.string()),  # JSON list of names
        ("segments", pa.string()),  # JSON list of names
        ("run_id", pa.int64()),
        ("purpose", pa.string()),
        ("received_day", pa.date32()),
    ]
)

SIGNAL_VALUES = pa.schema(
    [
        ("account_id", pa.string()),
        ("as_of", STAMP),
        ("model", pa.string()),
        ("signal", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
        ("run_id", pa.int64()),
        ("received_day", pa.date32()),
    ]
)
