"""What the board is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Command, Slice, Urls

SLICE = Slice(
    name="board",
    package="tenure.documents.board",
    policies=("documents.documents",),
    urls=(Urls("revenue/board/", "pages.urls"),),
    endpoints=(Api("metrics", "api.endpoints"),),
    commands=(
        Command("board", "cli", "Figures against their targets, with trend and status.", 95),
    ),
)
