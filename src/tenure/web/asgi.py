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

application = Ingestion(StaticFiles(pages, settings.BASE_DIR / "static"))
