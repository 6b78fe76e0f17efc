"""Asks every page of a site that has much of everything; a process of its own for its settings."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from typing import Final

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from playground.benchmarks import bare_urls, much
from playground.benchmarks.figures import Baseline, Figure, spread

TIMES: Final = 25
_SAMPLES: Final = {
    "pack": "many-7",
    "card": "card-9",
    "cell": "trap",
    "number": "1",
    "quiz": "1",
    "token": "shared-0",
    "run_id": f"{7:032x}",
    "one": f"{7:032x}",
    "two": f"{8:032x}",
    "three": f"{9:032x}",
}
_QUERIES: Final = {
    "review/": "?after=many-7/card-9",
    "review/rated/": "?key=many-7/card-9/answer",
    "search/": "?q=pool",
    "runs/compare/": f"?with={7:032x}&run={8:032x}",
}


def main(database: str) -> None:
    """Fill, ask, and print a figure a line."""
    call_command("migrate", verbosity=0, interactive=False)
    user = much.fill("learner@example.org")
    settings.ROOT_URLCONF = "playground.benchmarks.bare_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(user)
    bare = Baseline("bare page", sorted(time_page(Client(), f"/{bare_urls.BARE}"))[TIMES // 2])
    for route in _list_routes(get_resolver("playground.urls")):
        address = _address_of(route)
        status = client.get(address).status_code if address else 0
        if status == 200 and not address.endswith(".json"):
            for figure in measure_page(client, f"{database} /{route}", address, bare):
                print(figure.as_json(), flush=True)  # noqa: T201 - read by who started us
        elif status not in (200, 302, 405):
            print(f"no figure for {route}: {status or 'no address'}", file=sys.stderr)  # noqa: T201


def measure_page(client: Client, name: str, address: str, bare: Baseline) -> Iterator[Figure]:
    """Statements of one answer, and the spread of many."""
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    yield Figure(name=name, unit="statements", n=1, value=float(len(captured)))
    yield spread(name, time_page(client, address), bare)


def time_page(client: Client, address: str) -> list[float]:
    """Milliseconds of each answer, after one that warms up."""
    client.get(address)
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        client.get(address)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _list_routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from _list_routes(entry, route)


def _address_of(route: str) -> str:
    """Where this route shows something of the learner; empty when nobody said with what."""
    names = re.findall(r"<(?:\w+:)?(\w+)>", route)
    if "(?P" in route or not set(names) <= set(_SAMPLES):
        return ""
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _SAMPLES[found[1]], route)
    return f"/{filled}{_QUERIES.get(route, '')}"


if __name__ == "__main__":
    main(sys.argv[1])
