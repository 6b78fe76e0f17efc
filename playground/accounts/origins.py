"""Which pages may open a socket: those of this very site, as Django asks of forms.

Cookies are shared by all ports of a host, so the host alone is not enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

Scope = Mapping[str, Any]

_PORTS: Final = {"http": 80, "https": 443}
_PAGE_OF_SOCKET: Final = {"ws": "http", "wss": "https"}


class Origin(NamedTuple):
    """Scheme, host and port, the port always said."""

    scheme: str
    host: str
    port: int


def is_own(scope: Scope) -> bool:
    """Whether a socket was asked for by a page of this site. A header given twice is none."""
    origins, hosts = list_headers(scope, b"origin"), list_headers(scope, b"host")
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin = parse_origin(origins[0])
    if origin is None:
        return False
    if any(_is_trusted(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        return True
    site = parse_origin(f"{_PAGE_OF_SOCKET.get(scope.get('scheme', 'ws'), '')}://{hosts[0]}")
    return origin == site and validate_host(origin.host, settings.ALLOWED_HOSTS)


def parse_origin(text: str) -> Origin | None:
    """``scheme://host`` or ``scheme://host:port``; None for anything more or less."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if text.lower() != f"{parts.scheme}://{parts.netloc}".lower() or "@" in parts.netloc:
        return None
    if not parts.hostname or parts.scheme not in _PORTS:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Origin(parts.scheme, host, _PORTS[parts.scheme] if port is None else port)


def _is_trusted(origin: Origin, pattern: str) -> bool:
    """As in Django's setting, ``https://*.example.org`` stands for every name below."""
    trusted = parse_origin(pattern.replace("://*.", "://", 1))
    if trusted is None or (origin.scheme, origin.port) != (trusted.scheme, trusted.port):
        return False
    if "://*." in pattern:
        return is_same_domain(origin.host, f".{trusted.host}") and origin.host != trusted.host
    return origin.host == trusted.host


def list_headers(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header, as it was sent."""
    return [value.decode("latin-1") for key, value in scope.get("headers", []) if key == name]
