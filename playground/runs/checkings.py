"""Keeps in a pack's checked.toml what held, with the versions it held on."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.utils import timezone

from exercises.checked import FILE, Checking, entry, load_checked, merge, to_toml
from exercises.model import Pack
from playground.runs.checking import Result
from sandbox.client import SandboxClient
from sandbox.protocol import Database, RunRequest

SERVERS: Final[dict[Database, str]] = {
    "sqlite": "import sqlite3\nprint(sqlite3.sqlite_version)",
    "postgres": (
        "import asyncpg\n"
        "print((await (await asyncpg.connect(DSN)).fetchval('SHOW server_version')).split()[0])"
    ),
}


async def write_checked(
    client: SandboxClient, folder: Path, pack: Pack, results: Iterable[Result]
) -> None:
    """Add what held to the file; what the claims of ``pack`` no longer are is dropped."""
    known: dict[tuple[str, str], str] = {
        (f"{card.pack}/{card.slug}/{claim.id}", driver or "none"): entry(
            card.slug, claim.id, driver or "", claim.digest
        )
        for card in pack.cards
        for claim in card.claims
        for driver in claim.drivers or (None,)
    }
    held = [
        known[one.subject, one.driver] for one in results if one.kind == "claim" and not one.problem
    ]
    if not held:
        return
    now = Checking(timezone.now().date().isoformat(), await _versions(client), tuple(held))
    before = load_checked(folder)
    own = {card.slug for card in pack.cards}
    others = {one for each in before for one in each.holds if one.partition("/")[0] not in own}
    failed = {known[one.subject, one.driver] for one in results if _has_failed(one)}
    left = {*known.values(), *others} - failed
    (folder / FILE).write_text(to_toml(merge(before, now, left)), "utf-8")


def _has_failed(result: Result) -> bool:
    return result.kind == "claim" and bool(result.problem)


async def _versions(client: SandboxClient) -> dict[str, str]:
    versions = dict((await client.status()).versions)
    for name, code in SERVERS.items():
        request = RunRequest(run_id=secrets.token_hex(16), code=code, database=name)
        record = await client.record(request)
        if record.outcome == "completed":
            versions[name] = record.stdout.strip()
    return versions
