"""``manage.py doctor``: what this machine can do, and what would raise it."""

import asyncio
import json
import platform
import secrets
import shutil
import sys
from typing import Any

import django
from django.core.checks import run_checks
from django.core.management.base import BaseCommand, CommandParser

from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import Database, Finished, RunRequest, Status

PROBES: dict[str, str] = {
    "no network": "import socket\nsocket.socket(socket.AF_INET)",
    "no processes": "import os\nos.fork()",
    "no programs": "import os\nos.execv('/bin/true', ['true'])",
    "no host files": "open('/etc/passwd')",
    "no process list": "open('/proc/1/status')",
}
ENGINES: dict[Database, str] = {
    "sqlite": "import sqlite3\nsqlite3.connect(DSN).execute('SELECT 1')",
    "postgres": "import asyncpg\nawait (await asyncpg.connect(DSN)).fetchval('SELECT 1')",
}


class Command(BaseCommand):
    """Exit status 1 when something that is needed is missing."""

    help = "Report the jail's level, the engines and what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """How to report."""
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *arguments: Any, as_json: bool, **options: Any) -> None:
        """Examine, report, exit."""
        report = asyncio.run(examine())
        if as_json:
            self.stdout.write(json.dumps(report))
        else:
            for name, value in report.items():
                self.stdout.write(f"{name}: {value}")
        sys.exit(1 if report["problems"] else 0)


async def examine() -> dict[str, Any]:
    """Level, probes, engines, versions and problems."""
    problems = [str(message.msg) for message in run_checks()]
    if shutil.which("bwrap") is None:
        problems.append("bubblewrap is missing: install the package bubblewrap")
    report: dict[str, Any] = {"level": "refused", "probes": {}, "engines": {}}
    try:
        client = await get_supervision().client()
        status = await client.status()
        report["level"] = status.level
        report["probes"] = {name: await _is_held(client, code) for name, code in PROBES.items()}
        report["engines"] = {
            name: await _completes(client, name, code) for name, code in ENGINES.items()
        }
        problems += _find_problems(report, status)
        versions = status.versions
    except SandboxUnavailable as error:
        problems.append(str(error))
        versions = {"python": platform.python_version()}
    finally:
        await stop_supervision()
    return {
        **report,
        "versions": {**versions, "django": django.get_version()},
        "problems": problems,
    }


def _find_problems(report: dict[str, Any], status: Status) -> list[str]:
    failed = [name for part in ("probes", "engines") for name, ok in report[part].items() if not ok]
    return [*status.missing, *(f"failed: {name}" for name in failed)]


async def _is_held(client: SandboxClient, code: str) -> bool:
    finished = await _run(client, RunRequest(run_id=secrets.token_hex(8), code=code))
    return finished.outcome == "raised" and finished.error is not None


async def _completes(client: SandboxClient, database: Database, code: str) -> bool:
    request = RunRequest(run_id=secrets.token_hex(8), code=code, database=database)
    return (await _run(client, request)).outcome == "completed"


async def _run(client: SandboxClient, request: RunRequest) -> Finished:
    last: Any = None
    async for events in client.stream(request):
        last = events[-1]
    assert isinstance(last, Finished)
    return last
