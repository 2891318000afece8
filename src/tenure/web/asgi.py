"""The ASGI application: ingestion answers first, Django everything else."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.web.settings")

from django.core.asgi import get_asgi_application

pages: Any = get_asgi_application()

from django.conf import settings  # noqa: E402 - needs the environment above

from tenure.connectors.http import Ingestion  # noqa: E402 - needs the models
from tenure.web.static_files import StaticFiles  # noqa: E402


class Https:
    """Where the address people use is encrypted, every request counts as encrypted: whoever ends
    the encryption (Tenure itself, a proxy) need not be asked, nor believed."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if settings.HTTPS and scope["type"] == "http":
            scope = {**scope, "scheme": "https"}
        await self.inner(scope, receive, send)


application = Ingestion(StaticFiles(Https(pages), settings.STATIC_FOLDER))
