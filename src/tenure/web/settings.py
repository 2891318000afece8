"""Django settings. Everything a deployment changes comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from tenure.core import mail_server, workspace
from tenure.core.database import database_settings

WORKSPACE = workspace.current()
BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = os.environ.get("TENURE_SECRET_KEY") or WORKSPACE.secret_key()
DEBUG = False
# The address people use. Beginning with https:// it turns on secure cookies and HSTS; see asgi.py.
PUBLIC_URL = os.environ.get("TENURE_URL", "http://127.0.0.1:8000").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")
_HOSTS = os.environ.get("TENURE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ALLOWED_HOSTS = [host for host in (*_HOSTS, urlsplit(PUBLIC_URL).hostname) if host]
TLS_CERT = os.environ.get("TENURE_TLS_CERT", "")  # PEM files, for TLS without a proxy
TLS_KEY = os.environ.get("TENURE_TLS_KEY", "")
# Proxies whose word is taken for who is calling, and how; nobody else's forwarded headers count.
PROXIES = [p for p in os.environ.get("TENURE_PROXY", "").split(",") if p]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "tenure.core",
    "tenure.kit",
    "tenure.facts",
    "tenure.accounts",
    "tenure.connectors",
    "tenure.connectors.billing",
    "tenure.channels",
    "tenure.health",
    "tenure.programs.dunning",
    "tenure.programs.cancel",
    "tenure.work.tasks",
    "tenure.work.portfolio",
    "tenure.plays",
    "tenure.metrics",
    "tenure.metrics.alerts",
    "tenure.metrics.indicators",
    "tenure.learning",
    "tenure.learning.investigations",
    "tenure.learning.experiments",
    "tenure.documents.board",
    "tenure.documents.digests",
    "tenure.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tenure.web.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenure.web.middleware.SignInRequired",
    "tenure.web.middleware.PersonalRequest",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tenure.web.urls"
ASGI_APPLICATION = "tenure.web.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(BASE_DIR.parent.glob("*/**/templates")),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenure.web.context.shell",
            ],
        },
    }
]

DATABASES = {"default": database_settings(os.environ.get("DATABASE_URL"), WORKSPACE.state_file)}

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "tenure.web.adapter.NoPublicSignup"
ACCOUNT_FORMS = {
    "login": "tenure.web.sign_in.SignInForm",
    "reauthenticate": "tenure.web.sign_in.ConfirmForm",
}
ACCOUNT_LOGOUT_ON_GET = False
# Of codes of the second factor; wrong passwords are counted by axes, over all processes.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key"}
AXES_HANDLER = "tenure.web.sign_in.Attempts"  # its limits are policy, document operations
AXES_FAILURE_LIMIT = 1
AXES_COOLOFF_TIME = "tenure.web.sign_in.pause"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address", "username"]
AXES_CLIENT_IP_CALLABLE = "tenure.web.sign_in.address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # nobody keeps a name locked for good
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "tenure.web.sign_in.name_tried"
AXES_LOCKOUT_CALLABLE = "tenure.web.errors.locked_out"
CSRF_FAILURE_VIEW = "tenure.web.errors.csrf_failure"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATIC_FOLDER = BASE_DIR.parent / "kit" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
MAIL_WAY = mail_server.read(os.environ)
MAIL_IS_SET_UP = bool(MAIL_WAY.name)
globals().update(MAIL_WAY.settings)
# Hosts, addresses and networks of one's own that webhooks and chat messages may go to.
INTERNAL_HOSTS = [h for h in os.environ.get("TENURE_INTERNAL_HOSTS", "").split(",") if h]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
