"""Settings of the site. What an operator changes is read from the environment.

Each has its line in docs/hosting.md, held by `tests/unit/test_settings.py`.
"""

import warnings
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django.utils.csp import CSP

from playground.env import (
    read_address,
    read_choice,
    read_directory,
    read_flag,
    read_hosts,
    read_list,
    read_mail_address,
    read_mailer,
    read_number,
    read_origins,
    read_program,
    read_providers,
    read_redis,
    read_secret,
    read_site_database,
    read_token,
    read_whole_number,
)
from sandbox.logs import FORMATS, Formatter, level_of

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = read_directory("VAR_DIR", BASE_DIR / "var")
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

DEBUG = read_flag("DEBUG")
ALLOWED_HOSTS = read_hosts("ALLOWED_HOSTS", LOCAL_HOSTS)
# What links in mail begin with; a site that others reach has to say its own.
SITE_URL = read_address("SITE_URL", "")
IS_HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = read_origins("CSRF_TRUSTED_ORIGINS", [SITE_URL] if SITE_URL else [])
if not SITE_URL and set(ALLOWED_HOSTS) <= set(LOCAL_HOSTS):
    SITE_URL = "http://127.0.0.1:8000"
SECRET_KEY = read_secret("SECRET_KEY", VAR_DIR / "secret-key")
WEB_CONCURRENCY = read_number("WEB_CONCURRENCY", 1)  # uvicorn reads it as well
LOG_FORMAT = read_choice("LOG_FORMAT", FORMATS)
METRICS_TOKEN = read_token("METRICS_TOKEN")
ADDED_PACKS_DIR = VAR_DIR / "packs"
PACK_DIRS = [*read_list("PACK_DIRS", []), str(ADDED_PACKS_DIR)]
WORKER_RUNS = read_whole_number("WORKER_RUNS", 0)  # at once in each worker; 0: by its cores
REDIS_URL = read_redis("REDIS_URL")
# What one learner may run; 0 is without bound.
RUNS_AT_ONCE_PER_LEARNER = read_whole_number("RUNS_AT_ONCE_PER_LEARNER", 8)
RUNS_PER_HOUR_PER_LEARNER = read_whole_number("RUNS_PER_HOUR_PER_LEARNER", 0)
# What a team may run, above what its owners set; the admin has another figure for one team.
RUNS_AT_ONCE_PER_TEAM = read_whole_number("RUNS_AT_ONCE_PER_TEAM", 0)
RUNS_PER_HOUR_PER_TEAM = read_whole_number("RUNS_PER_HOUR_PER_TEAM", 0)
RUNS_PER_HOUR_PER_NETWORK = read_whole_number("RUNS_PER_HOUR_PER_NETWORK", 3000)
SCRATCH_MEGABYTES_PER_LEARNER = read_whole_number("SCRATCH_MEGABYTES_PER_LEARNER", 0)
SANDBOX_WALL = read_program("SANDBOX_WALL")
UNSAFE_ALLOW_LEVEL_BELOW_FULL = read_flag("UNSAFE_ALLOW_LEVEL_BELOW_FULL")

# Recordings of runs: how many and how long; those that are shared count for the bytes alone.
RECORDINGS_PER_CELL = read_number("RECORDINGS_PER_CELL", 10)
RECORDING_DAYS = read_number("RECORDING_DAYS", 14)
SHARED_RECORDING_DAYS = read_number("SHARED_RECORDING_DAYS", 180)
ABUSE_EMAIL = read_mail_address("ABUSE_EMAIL")  # who reads reports of shared runs
RECORDING_MEGABYTES_PER_LEARNER = read_number("RECORDING_MEGABYTES_PER_LEARNER", 20)
RECORDING_MEGABYTES = read_number("RECORDING_MEGABYTES", 2048)

INSTALLED_APPS = [
    "daphne",  # first, so that runserver serves WebSockets
    "playground.accounts",
    "playground.catalog",
    "playground.edits",
    "playground.news",
    "playground.operating",
    "playground.progress",
    "playground.quiz",
    "playground.runs",  # before channels: its runworker starts the sandbox at once
    "playground.teams",
    "django.contrib.admin.apps.SimpleAdminConfig",  # without the tables of other apps
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "playground.operating.middleware.forgive_leaving",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "playground.runs.middleware.drop_cookies_of_frames",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "playground.accounts.middleware.keep_sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "playground.accounts.middleware.leave_by_page",
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
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": read_site_database("SITE_DATABASE_URL", VAR_DIR / "site.sqlite3")}
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

# Attempts are counted where every process of the site sees them.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cacheentry",
        # At the usual 300 whoever guesses could push out the count of their guesses.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

SESSION_ENGINE = "playground.accounts.sessions"
SESSION_COOKIE_NAME = "playground"
SESSION_COOKIE_SAMESITE: Literal["Lax"] = "Lax"
SESSION_COOKIE_AGE = 90 * 24 * 60 * 60  # from the last visit
SESSION_COOKIE_SECURE = read_flag("SECURE_COOKIES", default=IS_HTTPS)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
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

MAILERS = {"default": read_mailer("EMAIL_URL")}
DEFAULT_FROM_EMAIL = read_mail_address("EMAIL_FROM", "Async databases <playground@localhost>")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account"
ALLAUTH_TRUSTED_PROXY_COUNT = read_whole_number("TRUSTED_PROXIES", 0)
if ALLAUTH_TRUSTED_PROXY_COUNT:  # from anybody else this header is a stranger's word
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = read_whole_number("HSTS_DAYS", 30 if IS_HTTPS else 0) * 24 * 60 * 60
ACCOUNT_ADAPTER = "playground.accounts.adapters.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True  # one address, and the old one stays until the new one is proved
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Async databases: "
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# A code is typed where the sign-up began, so what that browser had is merged there.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_RATE_LIMITS = {
    "report": "10/h/ip",
    "share": "60/h/ip",
    "invite": "20/h/user",
    "upload": "30/h/user",
}  # beside allauth's own
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Async databases"
# Browsers allow passkeys without HTTPS on localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = set(ALLOWED_HOSTS) <= set(LOCAL_HOSTS)
SOCIALACCOUNT_ADAPTER = "playground.accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = read_providers()

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
# What opens something is masked wherever it would stand in a line.
_TOLD_TO_NOBODY = [
    SECRET_KEY,
    METRICS_TOKEN,
    urlsplit(REDIS_URL).password or "",
    DATABASES["default"].get("PASSWORD", ""),
    MAILERS["default"].get("OPTIONS", {}).get("password", ""),
    *(app["secret"] for one in SOCIALACCOUNT_PROVIDERS.values() for app in one["APPS"]),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "ours": {"()": Formatter, "shape": LOG_FORMAT, "secrets": _TOLD_TO_NOBODY},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "playground": {"level": level_of(LOG_FORMAT)},
        "sandbox": {"level": level_of(LOG_FORMAT)},
        # Its own handler writes nothing where DEBUG is off. What is not there is no warning.
        "django": {"handlers": [], "level": "INFO" if DEBUG else "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "INFO"},
    },
}
