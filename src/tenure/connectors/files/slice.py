"""What files: import, export, and what is kept of uploads is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Command, Slice, Urls

SLICE = Slice(
    name="files",
    package="tenure.connectors.files",
    jobs={"facts.import": "pages.import_job.handle"},
    erasure=("forgetting.PART",),
    urls=(Urls("facts/", "pages.urls"),),
    endpoints=(
        Api("imports", "api.imports.endpoints"),
        Api("export", "api.exports.endpoints"),
    ),
    commands=(
        Command(
            "import", "cli.import_", "Import a CSV, JSON Lines or Parquet file into a table.", 60
        ),
        Command(
            "export",
            "cli.export",
            "Write a table, scores or signals as CSV, Parquet or JSON Lines.",
            70,
        ),
    ),
)
