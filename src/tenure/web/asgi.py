"""The ASGI application: ingestion answers first, Django everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.web.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
