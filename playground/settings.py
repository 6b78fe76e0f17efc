"""Settings of the site. What an operator changes is read from the environment."""

import os
import warnings
from pathlib import Path

from django.utils.csp import CSP

from playground.env import (
    read_directory,
    read_flag,
    read_list,
    read_number,
    read_program,
    read_secret,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = read_directory("VAR_DIR", BASE_DIR / "var")
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

DEBUG = read_flag("DEBUG")
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS = read_list("CSRF_TRUSTED_ORIGINS", [])
SECRET_KEY = read_secret("SECRET_KEY", VAR_DIR / "secret-key")
PACK_DIRS = read_list("PACK_DIRS", [])
REDIS_URL = os.environ.get("REDIS_URL", "")
SANDBOX_WALL = read_program("SANDBOX_WALL")
UNSAFE_ALLOW_LEVEL_BELOW_FULL = read_flag("UNSAFE_ALLOW_LEVEL_BELOW_FULL")

# Recordings of runs: how many and how long; those that are shared count for the bytes alone.
RECORDINGS_PER_CELL = read_number("RECORDINGS_PER_CELL", 10)
RECORDING_DAYS = read_number("RECORDING_DAYS", 14)
SHARED_RECORDING_DAYS = read_number("SHARED_RECORDING_DAYS", 180)
RECORDING_MEGABYTES_PER_LEARNER = read_number("RECORDING_MEGABYTES_PER_LEARNER", 20)
RECORDING_MEGABYTES = read_number("RECORDING_MEGABYTES", 2048)

INSTALLED_APPS = [
    "daphne",  # first, so that runserver serves WebSockets
    "playground.catalog",
    "playground.runs",  # before channels: its runworker starts the sandbox at once
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.csp",
                "django.template.context_processors.request",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "site.sqlite3",
        "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL", "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "playground.runs.layers.SturdyRedisChannelLayer",
        # A socket_timeout would end an idle worker: its wait for work has no end.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "playground" / "static"]
# Served from where they lie: a newcomer runs no collectstatic.
WHITENOISE_USE_FINDERS = True
# WhiteNoise reads files synchronously; ours are few, small and cached by browsers.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "playground"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True  # one cookie is enough
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"playground": {"handlers": ["console"], "level": "INFO"}},
}
