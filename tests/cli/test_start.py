"""What every command and every worker waits for."""

from __future__ import annotations

import os
import subprocess
import sys


def test_nothing_loads_the_optimiser_before_it_needs_it() -> None:
    """It takes as long as Django itself."""
    code = (
        "import sys\nimport django\ndjango.setup()\n"
        "print([m for m in ('scipy', 'lightgbm', 'stripe', 'pandas') if m in sys.modules])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tenure.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
