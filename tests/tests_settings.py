"""Settings for tests: the product's own, in a throw-away workspace, with a fast password hash.

TENURE_TEST_DATABASE=postgres starts a private PostgreSQL server; DATABASE_URL uses one that runs.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

_HOME = os.environ.get("TENURE_TEST_HOME") or tempfile.mkdtemp(prefix="tenure-test-")
os.environ["TENURE_HOME"] = _HOME
if os.environ.get("TENURE_TEST_DATABASE") == "postgres" and not os.environ.get("DATABASE_URL"):
    import postgres

    os.environ["DATABASE_URL"] = postgres.start()

os.environ["TENURE_INTERNAL_HOSTS"] = "127.0.0.1"  # receivers of tests; also in processes of theirs

from tenure.facts import durable  # noqa: E402
from tenure.web.settings import *  # noqa: E402, F403

durable.ON = False  # the fixture ``durably`` switches it on; servers of the fault tests have it on

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# A file, as the product has it. In memory, the threads of a live server would share one cache,
# where a reader makes a writer fail at once instead of wait.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_HOME}/test.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
