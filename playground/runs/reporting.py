"""Gathers the figures of every process: each lays its own down in Redis, and one reads them all."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from django.conf import settings
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from playground.measures import REGISTRY, note_supervisor
from playground.runs.placing import name_worker
from playground.runs.redis_clients import OUT_OF_REACH, get_redis
from playground.runs.supervision import find_supervision
from sandbox.client import SandboxUnavailable

REPORT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 2.0
_ABSENT_SECONDS: Final = 20  # after which a process that says nothing is gone
_KEY: Final = "metrics"


class Family(msgspec.Struct, array_like=True):
    """One figure of one process, with its samples: name, labels and value."""

    name: str
    documentation: str
    type: str
    samples: list[tuple[str, dict[str, str], float]]


async def report(role: str) -> None:
    """Until cancelled: lay this process's figures down where every web process finds them."""
    key = f"{_KEY}:{name_process(role)}"
    while True:
        if role == "worker":
            await ask_supervisor()
        body = msgspec.msgpack.encode(list_families(role))
        with contextlib.suppress(*OUT_OF_REACH):
            await get_redis().set(key, body, ex=_ABSENT_SECONDS)
        await asyncio.sleep(REPORT_SECONDS)


async def ask_supervisor() -> None:
    """Note what the supervisor of this process says, if there is one and it answers soon."""
    supervision = find_supervision()
    with contextlib.suppress(SandboxUnavailable, TimeoutError):
        if supervision is not None:
            client = await asyncio.wait_for(supervision.client(), ANSWER_SECONDS)
            note_supervisor(await asyncio.wait_for(client.status(), ANSWER_SECONDS))


async def expose() -> bytes:
    """Every process's figures in Prometheus's own form; those of this one as of now."""
    if settings.REDIS_URL:
        own = name_process("web")
        others = [body for name, body in await _read_others() if name != own]
        families = [*list_families("web"), *(family for body in others for family in body)]
    else:
        await ask_supervisor()
        families = list_families("site")
    return bytes(generate_latest(_Merged(families)))


def name_process(role: str) -> str:
    """What a scraper knows it by."""
    return f"{role}-{name_worker()}-{os.getpid()}"


def list_families(role: str) -> list[Family]:
    """The figures of this process, each sample with its name on it."""
    process = name_process(role)
    return [
        Family(
            family.name,
            family.documentation,
            family.type,
            [
                (sample.name, {**sample.labels, "process": process}, float(sample.value))
                for sample in family.samples
                if not sample.name.endswith("_created")
            ],
        )
        for family in REGISTRY.collect()
    ]


async def _read_others() -> list[tuple[str, list[Family]]]:
    client = get_redis()
    keys = [key async for key in client.scan_iter(match=f"{_KEY}:*", count=1000)]
    bodies: list[Any] = await client.mget(keys) if keys else []
    return [
        (key.decode().partition(":")[2], msgspec.msgpack.decode(body, type=list[Family]))
        for key, body in sorted(zip(keys, bodies, strict=True))
        if body
    ]


class _Merged:
    """What a registry is to the exposition."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Each figure once, with the samples of all processes."""
        merged: dict[str, Metric] = {}
        for family in self._families:
            metric = merged.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            metric.samples += [Sample(*sample) for sample in family.samples]
        yield from merged.values()
