"""Django settings. Everything a deployment changes comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from tenure.core import mail_server, workspace
from tenure.core.database import database_settings

WORKSPACE = workspace.current()
BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = os.environ.get("TENURE_SECRET_KEY") or WORKSPACE.secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("TENURE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
_https = os.environ.get("TENURE_HTTPS", "") == "1"  # set it when a TLS proxy stands in front

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
    "tenure.facts",
    "tenure.accounts",
    "tenure.connectors",
    "tenure.channels",
    "tenure.health",
    "tenure.programs.dunning",
    "tenure.programs.cancel",
    "tenure.plays.tasks",
    "tenure.plays.portfolio",
    "tenure.plays",
    "tenure.metrics",
    "tenure.metrics.alerts",
    "tenure.metrics.indicators",
    "tenure.learning",
    "tenure.learning.investigations",
    "tenure.learning.archive",
    "tenure.documents.board",
    "tenure.documents.digests",
    "tenure.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
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
        "DIRS": [BASE_DIR / "templates"],
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
ACCOUNT_RATE_LIMITS = {"login_failed": False}  # axes counts these, over all processes
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "tenure.web.sign_in.name_tried"
AXES_LOCKOUT_CALLABLE = "tenure.web.errors.locked_out"
CSRF_FAILURE_VIEW = "tenure.web.errors.csrf_failure"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("TENURE_ORIGINS", "").split(",") if o]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
MAIL_WAY = mail_server.read(os.environ)
MAIL_IS_SET_UP = bool(MAIL_WAY.name)
globals().update(MAIL_WAY.settings)
PUBLIC_URL = os.environ.get("TENURE_URL", "http://127.0.0.1:8000").rstrip("/")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
