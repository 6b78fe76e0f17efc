"""Phases as authors write them: requests that repeat, each with its number in it."""

from __future__ import annotations

import msgspec

from sandbox.protocol import MAX_REQUESTS, DrivenRequest, Phase

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class RequestMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request, ``repeat`` times; ``{n}`` in path and body is its number among them, from 1."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = {}
    repeat: int = 1


class PhaseMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[phases]]`` table: ``sandbox.protocol.Phase`` with requests that repeat."""

    name: str
    requests: tuple[RequestMatter, ...]
    at_once: bool = True
    timeout_seconds: float = 5.0
    disconnect_seconds: float = 0.0
    pause_seconds: float = 0.0


class PhaseRefused(Exception):
    """A phase that nobody could carry out."""


def unfold(matter: PhaseMatter) -> Phase:
    """The phase with every single request. Raises PhaseRefused."""
    requests = []
    for each in matter.requests:
        if each.method not in METHODS or not each.path.startswith("/"):
            raise PhaseRefused(f"phase {matter.name!r}: {each.method} {each.path!r} is no request")
        if not 1 <= each.repeat <= MAX_REQUESTS:
            raise PhaseRefused(f"phase {matter.name!r}: repeat is not 1 to {MAX_REQUESTS}")
        requests += [_numbered(each, number) for number in range(1, each.repeat + 1)]
    if not 1 <= len(requests) <= MAX_REQUESTS:
        raise PhaseRefused(f"phase {matter.name!r} has not 1 to {MAX_REQUESTS} requests")
    if not 0 < matter.timeout_seconds <= 30 or matter.pause_seconds < 0:
        raise PhaseRefused(f"phase {matter.name!r}: timeout_seconds is not over 0, up to 30")
    return Phase(
        matter.name,
        requests,
        matter.at_once,
        matter.timeout_seconds,
        matter.disconnect_seconds,
        matter.pause_seconds,
    )


def _numbered(matter: RequestMatter, number: int) -> DrivenRequest:
    path, body = (text.replace("{n}", str(number)) for text in (matter.path, matter.body))
    return DrivenRequest(matter.method, path, body, matter.headers)
