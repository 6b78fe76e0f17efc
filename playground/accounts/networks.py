"""From which network a socket comes: what bounds visitors who can have a new session any time."""

from __future__ import annotations

import ipaddress
from typing import Final

from django.conf import settings

from playground.accounts.origins import Scope, list_headers

IPV6_PREFIX: Final = 64  # what one household or office has


def network_of(scope: Scope) -> str:
    """An address, or the network of one of IPv6; empty for this machine and where none is known.

    The address is told by as many proxies as TRUSTED_PROXIES says; the rest is a stranger's word.
    """
    forwarded = ",".join(list_headers(scope, b"x-forwarded-for")).split(",")
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = forwarded[-proxies] if 0 < proxies <= len(forwarded) else ""
    client = scope.get("client") or ("",)
    try:
        address = ipaddress.ip_address(told.strip() or str(client[0]))
    except ValueError:
        return ""
    if address.is_loopback:
        return ""
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{address}/{IPV6_PREFIX}", strict=False))
    return str(address)
