"""Settings for tests: the product's own, in a throw-away workspace, with a fast password hash."""

import os
import tempfile

_HOME = os.environ.get("TENURE_TEST_HOME") or tempfile.mkdtemp(prefix="tenure-test-")
os.environ["TENURE_HOME"] = _HOME

from tenure.web.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
