"""What held of a pack, with the versions it held on; for an author, in the pack's checked.toml."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from django.utils import timezone

from exercises.checked import FILE, Checking, entry, load_checked, merge, to_toml
from exercises.model import Pack
from exercises.versions import LIBRARIES
from playground.runs.checking import Result
from playground.runs.grading import Runner
from sandbox.client import SandboxClient
from sandbox.protocol import Database, RunRequest

SERVERS: Final[dict[Database, str]] = {
    "sqlite": "import sqlite3\nprint(sqlite3.sqlite_version)",
    "postgres": (
        "import asyncpg\n"
        "print((await (await asyncpg.connect(DSN)).fetchval('SHOW server_version')).split()[0])"
    ),
}

_LIBRARIES: Final = f"""\
import importlib.metadata, json, sys
versions = {{name: importlib.metadata.version(name) for name in {LIBRARIES!r} if name != "python"}}
print(json.dumps({{"python": sys.version.split()[0], **versions}}))
"""


async def write_checked(
    client: SandboxClient, folder: Path, pack: Pack, results: Iterable[Result]
) -> None:
    """Add what held to the file; what the claims of ``pack`` no longer are is dropped."""
    known = _name_entries(pack)
    held = [
        known[one.subject, one.driver] for one in results if one.kind == "claim" and not one.problem
    ]
    if not held:
        return
    versions = dict((await client.status()).versions) | await _read_servers(client)
    now = Checking(timezone.now().date().isoformat(), versions, tuple(held))
    before = load_checked(folder)
    own = {card.slug for card in pack.cards}
    others = {one for each in before for one in each.holds if one.partition("/")[0] not in own}
    failed = {known[one.subject, one.driver] for one in results if _has_failed(one)}
    left = {*known.values(), *others} - failed
    (folder / FILE).write_text(to_toml(merge(before, now, left)), "utf-8")


def conclude(pack: Pack, versions: Mapping[str, str]) -> Checking:
    """What is known of a pack of which everything held today."""
    today = timezone.now().date().isoformat()
    return Checking(today, dict(versions), tuple(_name_entries(pack).values()))


async def read_versions(runner: Runner) -> dict[str, str]:
    """What is in the jail, by name, as the jail itself says."""
    request = RunRequest(run_id=secrets.token_hex(16), code=_LIBRARIES)
    record = await runner.record(request)
    libraries: dict[str, str] = json.loads(record.stdout) if record.outcome == "completed" else {}
    return libraries | await _read_servers(runner)


def _name_entries(pack: Pack) -> dict[tuple[str, str], str]:
    """Each claim on each of its drivers, by what a result of it has."""
    return {
        (f"{card.pack}/{card.slug}/{claim.id}", driver or "none"): entry(
            card.slug, claim.id, driver or "", claim.digest
        )
        for card in pack.cards
        for claim in card.claims
        for driver in claim.drivers or (None,)
    }


def _has_failed(result: Result) -> bool:
    return result.kind == "claim" and bool(result.problem)


async def _read_servers(runner: Runner) -> dict[str, str]:
    versions: dict[str, str] = {}
    for name, code in SERVERS.items():
        request = RunRequest(run_id=secrets.token_hex(16), code=code, database=name)
        record = await runner.record(request)
        if record.outcome == "completed":
            versions[name] = record.stdout.strip()
    return versions
