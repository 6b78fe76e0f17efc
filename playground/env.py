"""Readers of the environment: each names the variable, its value and what is allowed."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_MOST = 1_000_000
_MOST_CONNECTIONS = 20  # of one process: each page and each run that ends holds one for a moment
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def read_text(name: str, default: str = "") -> str:
    """Any words on one line."""
    value = os.environ.get(name, "").strip() or default
    if value.isprintable():
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to one line of text")


def read_choice[Word: str](name: str, allowed: tuple[Word, ...]) -> Word:
    """One of a few words; the first unless it is set."""
    value = os.environ.get(name, "").lower() or allowed[0]
    for word in allowed:
        if value == word:
            return word
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to {' or '.join(allowed)}")


def read_flag(name: str, *, default: bool = False) -> bool:
    """A switch; an empty value is off, none at all is the default."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0")


def read_list(name: str, default: list[str]) -> list[str]:
    """Words separated by commas."""
    value = os.environ.get(name)
    if value is None:
        return default
    return [word.strip() for word in value.split(",") if word.strip()]


def read_hosts(name: str, default: list[str]) -> list[str]:
    """Names of hosts, without scheme, port or path; ``.example.org`` is each name below as well."""
    hosts = read_list(name, default)
    for host in hosts:
        if host != "*" and not re.fullmatch(r"\.?[\w.-]+|\[[\da-fA-F:.]+\]", host):
            raise ImproperlyConfigured(
                f"{name} has {host!r}: set it to names of hosts, separated by commas, without "
                "https:// and without a port"
            )
    return hosts


def read_origins(name: str, default: list[str]) -> list[str]:
    """Scheme and host, with a port where it is not the usual one; ``*.`` is each name below."""
    origins = read_list(name, default)
    for origin in origins:
        if not re.fullmatch(r"https?://(\*\.)?[^/?#\s@*]+", origin):
            raise ImproperlyConfigured(
                f"{name} has {origin!r}: set it to https://HOST, separated by commas, "
                "without a path"
            )
    return origins


def read_mail_address(name: str, default: str = "") -> str:
    """One address of e-mail, as ``ada@example.org`` or ``Ada <ada@example.org>``."""
    value = read_text(name, default)
    if not value or re.fullmatch(r"[^<>@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+", value):
        return value
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to NAME@HOST or Words <NAME@HOST>")


def read_token(name: str) -> str:
    """A secret that a program shows; empty unless it is set. Never told in an error."""
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"[\w.~+/=-]{16,}", value, re.ASCII):
        raise ImproperlyConfigured(
            f"{name} is too short or has other signs: set it to 16 or more "
            "letters, digits or ._~+/-="
        )
    return value


def read_redis(name: str) -> str:
    """Where Redis is; empty unless it is set."""
    value = os.environ.get(name, "")
    try:
        parts = urlsplit(value)
        is_server = parts.scheme in ("redis", "rediss") and bool(parts.hostname)
        is_server = is_server and (parts.port is None or parts.port > 0)
        is_address = not value or is_server or (parts.scheme == "unix" and len(parts.path) > 1)
    except ValueError:
        is_address = False
    if is_address:
        return value
    # Never the value itself: it may hold a password.
    raise ImproperlyConfigured(
        f"{name} has no readable address: set it to redis://:PASSWORD@HOST:PORT/0, rediss:// for "
        "TLS, or unix:///FILE"
    )


def read_number(name: str, default: int) -> int:
    """A whole number of 1 or more."""
    value = os.environ.get(name) or str(default)
    if value.isascii() and value.isdigit() and 1 <= int(value) <= _MOST:
        return int(value)
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number from 1 to {_MOST}")


def read_whole_number(name: str, default: int) -> int:
    """A whole number of 0 or more."""
    return 0 if os.environ.get(name, str(default)).strip() == "0" else read_number(name, default)


def read_address(name: str, default: str) -> str:
    """What the site's addresses begin with: scheme and host, without a slash at the end."""
    value = read_text(name, default)
    if not value or re.fullmatch(r"https?://[^/?#\s@]+/?", value):
        return value.removesuffix("/")
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to https://HOST, without a path")


def read_program(name: str) -> str:
    """The absolute path of a program; empty unless it is set."""
    value = os.environ.get(name, "")
    if value and not (os.path.isabs(value) and os.access(value, os.X_OK)):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to the full path of a program")
    return value


def read_directory(name: str, default: Path) -> Path:
    """A directory that is made when it is not there."""
    directory = Path(os.environ.get(name) or default)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def read_secret(name: str, kept_in: Path) -> str:
    """A secret from the environment, or one made at the first start and kept in a file."""
    if value := os.environ.get(name):
        return value
    try:
        descriptor = os.open(kept_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept_in.read_text("ascii")
    with open(descriptor, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(48)
        file.write(made)
    return made


def read_site_database(name: str, kept_in: Path) -> dict[str, Any]:
    """The site's own database: a file of SQLite's unless it is set, else Postgres."""
    value = os.environ.get(name, "")
    if not value:
        return {
            "ENGINE": "playground.sqlite",
            "NAME": kept_in,
            "OPTIONS": {
                # What is deleted is overwritten, whichever way SQLite was built.
                "init_command": "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON",
                "transaction_mode": "IMMEDIATE",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        # Each page is answered in a thread of its own: connections outlive it in a pool alone.
        "CONN_HEALTH_CHECKS": True,
        **_read_postgres(name, value),
    }


def read_mailer(name: str) -> dict[str, Any]:
    """How mail leaves: to the console unless it is set, to a mail server, or into a folder."""
    value = os.environ.get(name, "") or "console:"
    allowed = (
        "set it to console:, file:///FOLDER, or smtp://USER:PASSWORD@HOST:PORT "
        "(smtp+tls for STARTTLS, smtps for TLS from the start)"
    )
    backends = "django.core.mail.backends"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} has no readable address: {allowed}") from None
    if parts.scheme == "console":
        return {"BACKEND": f"{backends}.console.EmailBackend"}
    if parts.scheme == "file" and os.path.isabs(unquote(parts.path)):
        return {
            "BACKEND": f"{backends}.filebased.EmailBackend",
            "OPTIONS": {"file_path": unquote(parts.path)},
        }
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        # Never the value itself: it may hold a password.
        raise ImproperlyConfigured(f"{name} has no readable address: {allowed}")
    return {
        "BACKEND": f"{backends}.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": port or ports[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 10,
        },
    }


def read_providers() -> dict[str, Any]:
    """Other sites to sign in with: each that has its client id and secret, in allauth's form."""
    providers: dict[str, Any] = {}
    for provider, app in (
        ("github", _read_client("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")),
        ("google", _read_client("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")),
    ):
        if app:
            providers[provider] = {"APPS": [app]}
    if app := _read_client("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        server_url = read_text("OIDC_SERVER_URL")
        if urlsplit(server_url).scheme not in ("https", "http"):
            raise ImproperlyConfigured(
                f"OIDC_SERVER_URL is {server_url!r}: set it to the address of the provider, "
                "https://HOST/..., or take OIDC_CLIENT_ID away"
            )
        app |= {
            "provider_id": "oidc",
            "name": read_text("OIDC_NAME", "OpenID Connect"),
            "settings": {"server_url": server_url},
        }
        providers["openid_connect"] = {"APPS": [app]}
    return providers


def _read_postgres(name: str, value: str) -> dict[str, Any]:
    """An address in libpq's form, with all that libpq takes behind a question mark."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    # Never the value itself: it may hold a password.
    wrong = ImproperlyConfigured(
        f"{name} has no readable address: set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "with ?host=/FOLDER for a Unix socket; without it the site keeps a SQLite file in VAR_DIR"
    )
    if not value.startswith(("postgresql://", "postgres://")):
        raise wrong
    try:
        parts = conninfo_to_dict(value)
    except ProgrammingError:
        raise wrong from None
    if not parts.get("dbname"):
        raise wrong
    named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    return {
        **{setting: str(parts.pop(part, "")) for setting, part in named.items()},
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**parts, "pool": {"min_size": 1, "max_size": _MOST_CONNECTIONS, "timeout": 10}},
    }


def _read_client(name: str, secret_name: str) -> dict[str, Any]:
    client_id, secret = read_text(name), os.environ.get(secret_name, "")
    if bool(client_id) != bool(secret):
        missing = secret_name if client_id else name
        raise ImproperlyConfigured(f"{missing} is empty: set both id and secret, or neither")
    return {"client_id": client_id, "secret": secret} if client_id else {}
