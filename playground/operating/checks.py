"""System checks: settings that are each fine, and together unsafe or a contradiction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from playground.accounts.checks import PAGES, SITE
from playground.runs.exposure import list_reachable_hosts

LEAST_KEY_SIGNS: Final = 32
LEAST_KEY_VARIETY: Final = 10
# Where supervisors keep the sockets of their scratch databases: sandbox/__main__.py makes it.
SCRATCH: Final = "/tmp/playground-"  # noqa: S108 - nothing is made there


def refuse_unsafe() -> None:
    """For a server that is no management command: raises ImproperlyConfigured at an error."""
    # Without the database: a server loads us on its event loop.
    messages = checks.run_checks(databases=[])
    if found := [message for message in messages if message.is_serious()]:
        raise ImproperlyConfigured("\n".join(f"{one.msg} {one.hint or ''}" for one in found))


@checks.register(SITE)
def check_settings(**_: Any) -> list[CheckMessage]:
    """What is wrong wherever a process of the site runs."""
    return [*find_strangers_dangers(), *find_contradictions()]


@checks.register(PAGES)
def check_pages(**_: Any) -> list[CheckMessage]:
    """What is wrong where pages are served."""
    return [
        *find_secrets_of_one_host(),
        *find_cookie_mistakes(),
        *find_missing_packs(),
        *find_address_mistakes(),
    ]


def find_strangers_dangers() -> Iterator[CheckMessage]:
    """What is fine on one's own machine and not where others reach it."""
    hosts = ", ".join(list_reachable_hosts())
    if not hosts:
        return
    if settings.DEBUG:
        yield Error(
            "DEBUG shows code and settings to everybody, and others can reach this site "
            f"({hosts}).",
            hint="Take DEBUG out of the environment.",
            id="operating.E001",
        )
    if is_guessable(settings.SECRET_KEY):
        yield Error(
            f"SECRET_KEY can be guessed, and others can reach this site ({hosts}): whoever knows "
            "it signs in as anybody.",
            hint="Take it out, and one is made in VAR_DIR; or set it to what "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'` prints.",
            id="operating.E002",
        )


def find_secrets_of_one_host() -> Iterator[CheckMessage]:
    """What all web processes of a fleet must have the same."""
    is_fleet = settings.REDIS_URL and list_reachable_hosts()
    if is_fleet and is_kept_in_a_file(settings.SECRET_KEY):
        yield checks.Warning(
            "SECRET_KEY is the one of this host's VAR_DIR: web processes of a fleet that have "
            "another one sign each other's visitors out.",
            hint="Set SECRET_KEY to the same for all of them, or let them share VAR_DIR.",
            id="operating.W001",
        )


def find_contradictions() -> Iterator[CheckMessage]:
    """Settings that cannot both be meant."""
    if settings.WEB_CONCURRENCY > 1 and not settings.REDIS_URL:
        yield Error(
            f"WEB_CONCURRENCY is {settings.WEB_CONCURRENCY} without REDIS_URL: each web process "
            "would have a channel layer, a worker and scratch databases of its own.",
            hint="Set REDIS_URL and start `manage.py runworker sandbox`, or leave one process.",
            id="operating.E003",
        )
    host = settings.DATABASES["default"].get("HOST", "")
    if is_scratch(host):
        yield Error(
            f"SITE_DATABASE_URL leads to {host}, a server of scratch databases: learners' code "
            "works in there, and it is thrown away.",
            hint="Set it to a Postgres of the site's own, or leave it out for a SQLite file.",
            id="operating.E004",
        )


def find_cookie_mistakes() -> Iterator[CheckMessage]:
    """HTTPS that is asked for and not spoken."""
    if settings.SESSION_COOKIE_SECURE and is_plain(settings.SITE_URL) and list_reachable_hosts():
        yield Error(
            f"SECURE_COOKIES is set and SITE_URL is {settings.SITE_URL}: browsers send the cookie "
            "over HTTPS alone, so that nobody could sign in.",
            hint="Serve the site over HTTPS and set SITE_URL to https://HOST.",
            id="operating.E005",
        )
    if settings.SECURE_HSTS_SECONDS and is_plain(settings.SITE_URL):
        yield checks.Warning(
            f"HSTS_DAYS is set and SITE_URL is {settings.SITE_URL}: browsers that once saw HTTPS "
            "would not come back to it.",
            hint="Set SITE_URL to https://HOST, or take HSTS_DAYS away.",
            id="operating.W002",
        )


def find_missing_packs() -> Iterator[CheckMessage]:
    """Folders that are named and not there."""
    for folder in settings.PACK_DIRS:
        if folder != str(settings.ADDED_PACKS_DIR) and not Path(folder).is_dir():
            yield checks.Warning(
                f"PACK_DIRS names {folder}, which is no folder: its packs are not there.",
                hint="Mount it, or take it out of PACK_DIRS.",
                id="operating.W003",
            )


def find_address_mistakes() -> Iterator[CheckMessage]:
    """What the site says its address is, and what it is."""
    hosts = list_reachable_hosts()
    site = urlsplit(settings.SITE_URL)
    if hosts and not settings.SITE_URL and "console" not in settings.MAILERS["default"]["BACKEND"]:
        yield Error(
            "EMAIL_URL is set and SITE_URL is not: mail would have no address to lead back to.",
            hint=f"Set SITE_URL, as https://{hosts[0].lstrip('.*')}.",
            id="operating.E006",
        )
    named = not site.hostname or validate_host(_bracketed(site.hostname), settings.ALLOWED_HOSTS)
    if hosts and not named:
        yield Error(
            f"SITE_URL is {settings.SITE_URL}, which is none of ALLOWED_HOSTS "
            f"({', '.join(settings.ALLOWED_HOSTS)}): its links would be refused.",
            hint=f"Add {site.hostname} to ALLOWED_HOSTS.",
            id="operating.E007",
        )
    if hosts and site.scheme == "https" and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield checks.Warning(
            f"SITE_URL is {settings.SITE_URL} and TRUSTED_PROXIES is 0: what stands before the "
            "site and speaks HTTPS would count as the one visitor whose attempts are too many.",
            hint="Set TRUSTED_PROXIES to the number of reverse proxies, mostly 1.",
            id="operating.W004",
        )


def is_guessable(key: str) -> bool:
    """Short, of few different signs, or one that somebody left to be changed."""
    is_left = key.lower().startswith(("django-insecure", "change", "secret", "insecure"))
    return is_left or len(key) < LEAST_KEY_SIGNS or len(set(key)) < LEAST_KEY_VARIETY


def is_kept_in_a_file(key: str) -> bool:
    """Whether the key was made at the first start on this host."""
    kept = settings.VAR_DIR / "secret-key"
    return kept.is_file() and kept.read_text("ascii") == key


def is_scratch(host: str) -> bool:
    """Whether a database's socket lies where a supervisor keeps those of its own."""
    return host.startswith("/") and Path(host).resolve().as_posix().startswith(SCRATCH)


def is_plain(address: str) -> bool:
    """Whether it is one without HTTPS."""
    return address.startswith("http://")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
