"""Readers of the environment: each names the variable, its value and what is allowed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_MOST = 1_000_000
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def read_flag(name: str) -> bool:
    """A switch that is off unless it is set."""
    value = os.environ.get(name, "").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0")


def read_list(name: str, default: list[str]) -> list[str]:
    """Words separated by commas."""
    value = os.environ.get(name)
    if value is None:
        return default
    return [word.strip() for word in value.split(",") if word.strip()]


def read_number(name: str, default: int) -> int:
    """A whole number of 1 or more."""
    value = os.environ.get(name) or str(default)
    if value.isascii() and value.isdigit() and 1 <= int(value) <= _MOST:
        return int(value)
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number from 1 to {_MOST}")


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
