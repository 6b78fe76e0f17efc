"""The log of privileged acts: what staff, owners of teams and the command line did."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from playground.accounts.models import AuditEntry, User

MOST_DETAILS: Final = 500
_acting_from: Final[ContextVar[str | None]] = ContextVar("acting_from", default=None)


def record(
    actor: User | str,
    act: str,
    thing: Model | str,
    *,
    details: str = "",
    address: str | None = None,
) -> AuditEntry:
    """Write down that ``actor`` did ``act`` to ``thing``, in the transaction that does it.

    ``act`` is a verb in the past, as ``took down``; ``details`` hold no secret and no text that
    somebody wrote. ``address`` is that of ``address_of(request)``, or of ``acting_from``.
    """
    user = actor if isinstance(actor, User) else None
    return AuditEntry.objects.create(
        actor=user,
        who=name(user) if user else str(actor)[:120],
        act=act[:60],
        thing=name(thing)[:200],
        details=details[:MOST_DETAILS],
        address=address or _acting_from.get(),
    )


@contextmanager
def acting_from(request: HttpRequest) -> Iterator[None]:
    """What is recorded meanwhile came from there."""
    token = _acting_from.set(address_of(request))
    try:
        yield
    finally:
        _acting_from.reset(token)


def name(thing: Model | str) -> str:
    """What it is called in the log: its kind and number, as its own words may not outlive it."""
    return thing if isinstance(thing, str) else f"{thing._meta.verbose_name} {thing.pk}"


def address_of(request: HttpRequest) -> str | None:
    """Where a request comes from, as far as the proxies that are trusted tell it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:  # none is known, as over a Unix socket
        return None


def name_command_line(command: str) -> str:
    """Who it is that calls a management command on this machine."""
    return f"{getpass.getuser()}@{socket.gethostname()}, manage.py {command}"
