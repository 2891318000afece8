"""The scripts of the customer's product, at addresses that stay."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

MAX_AGE = 3600
FOLDER = Path(__file__).parents[1] / "scripts"


@require_safe
def script(request: HttpRequest, name: str) -> HttpResponse:
    """A script, kept by browsers for an hour and asked for by its digest after that."""
    text, tag = _read(name)
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer["ETag"] = tag
    answer["Cache-Control"] = f"public, max-age={MAX_AGE}"
    answer["Access-Control-Allow-Origin"] = "*"  # so that hosts may pin it by its digest
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _read(name: str) -> tuple[bytes, str]:
    text = (FOLDER / f"{name}.js").read_bytes()
    return text, f'"{hashlib.sha256(text).hexdigest()[:20]}"'
