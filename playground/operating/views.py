"""For machines that look after the site: whether it lives, whether it can work, and its figures."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from playground.runs.answering import ask_channel_layer, ask_worker
from playground.runs.exposure import must_be_full
from playground.runs.reporting import expose

KEEP_SECONDS: Final = 2.0  # however many ask, the parts are not asked more often

_log = logging.getLogger(__name__)
_last: dict[str, Any] = {"at": float("-inf")}


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers: restart it when it does not."""
    return JsonResponse({"status": "ok"})


@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """Each part a run needs was asked and answered; 503: send nobody here now."""
    if time.monotonic() - _last["at"] > KEEP_SECONDS:
        found = {name: await _try(name, ask) for name, ask in PARTS.items()}
        _last.update(at=time.monotonic(), found=found)
    is_ready = set(_last["found"].values()) == {"ok"}
    body = {"status": "ok" if is_ready else "not ready", **_last["found"]}
    return JsonResponse(body, status=200 if is_ready else 503)


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of all processes, for this machine or whoever shows METRICS_TOKEN."""
    if not may_read_metrics(request):
        raise Http404
    return HttpResponse(await expose(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """By the token where one is set; else from this machine, and not through a proxy on it."""
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return compare_digest(shown.encode(), settings.METRICS_TOKEN.encode())
    proxied = {"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"} & set(request.headers)
    return not proxied and is_loopback(str(request.META.get("REMOTE_ADDR", "")))


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own; what is no address is not."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")


async def _ask_sandbox() -> None:
    level = await ask_worker()
    if level != "full" and must_be_full():
        raise RuntimeError(f"a worker's jail is at level {level}")


PARTS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": sync_to_async(_ask_database),
    "channel layer": ask_channel_layer,
    "worker": _ask_sandbox,
}


async def _try(name: str, ask: Callable[[], Awaitable[None]]) -> str:
    """Why not is for the log: strangers may ask as well."""
    try:
        await ask()
    except Exception as error:
        _log.warning("not ready: the %s does not answer: %r", name, error)
        return "does not answer"
    return "ok"
