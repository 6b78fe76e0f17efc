"""``manage.py doctor``: what this machine can do, and what would raise it."""

import asyncio
import json
import platform
import sys
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management.base import BaseCommand, CommandParser

from playground.runs.advice import advise
from playground.runs.diagnosis import (
    name_site_database,
    try_engines,
    try_neighbours,
    try_site_database,
)
from playground.runs.exposure import list_reachable_hosts
from playground.runs.machine import Machine, examine
from playground.runs.supervision import get_supervision, stop_supervision
from sandbox.client import SandboxUnavailable
from sandbox.protocol import Status


class Command(BaseCommand):
    """Exit status 1 when something that is needed is missing."""

    help = "Report the jail's level, the engines and what is missing."
    requires_system_checks = []  # they are part of the report

    def add_arguments(self, parser: CommandParser) -> None:
        """How to report."""
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *arguments: Any, as_json: bool, **options: Any) -> None:
        """Examine, report, exit."""
        report = asyncio.run(diagnose())
        if as_json:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write("\n".join(list_lines(report)))
        sys.exit(1 if report["problems"] else 0)


async def diagnose() -> dict[str, Any]:
    """Level, probes, engines, versions and problems; the machine, settings and advice."""
    machine = examine(bubblewrap=settings.SANDBOX_WALL)
    found = await sync_to_async(run_checks)()
    failed = [message for message in found if message.level >= ERROR]
    problems = [*(str(message.msg) for message in failed), *machine.list_hindrances()]
    problems += await sync_to_async(try_site_database)()
    report: dict[str, Any] = {"level": "refused", "probes": {}, "engines": {}, "cgroup": ""}
    versions = {"python": platform.python_version()}
    try:
        client = await get_supervision().client()
        status = await client.status()
        neighbours = await try_neighbours(client)
        report |= {"level": status.level, "probes": {**status.probes, **neighbours}}
        report |= {"engines": await try_engines(client), "cgroup": status.cgroup}
        versions = status.versions
        problems += list_problems(report, status)
    except SandboxUnavailable as error:
        problems.append(str(error))
    finally:
        await stop_supervision()
    return {
        **report,
        "versions": {**versions, "django": django.get_version()},
        "problems": problems,
        "kernel": machine.kernel_features(),
        "settings": read_settings(machine),
        "advice": advise(problems, machine),
    }


def list_problems(report: dict[str, Any], status: Status) -> list[str]:
    """What hinders a higher level, and what failed."""
    failed = [name for part in ("probes", "engines") for name, ok in report[part].items() if not ok]
    return [*status.missing, *(f"failed: {name}" for name in failed)]


def read_settings(machine: Machine) -> dict[str, Any]:
    """The settings that matter to the jail; no secret among them."""
    return {
        "ALLOWED_HOSTS": settings.ALLOWED_HOSTS,
        "reachable_by_others": bool(list_reachable_hosts()),
        "UNSAFE_ALLOW_LEVEL_BELOW_FULL": settings.UNSAFE_ALLOW_LEVEL_BELOW_FULL,
        "SANDBOX_WALL": settings.SANDBOX_WALL or "bwrap on PATH",
        "SITE_DATABASE_URL": name_site_database(),
        "REDIS_URL": "set" if settings.REDIS_URL else "not set: one process",
        "container": machine.container or "none",
    }


def list_lines(report: dict[str, Any]) -> list[str]:
    """The report for people: one finding a line."""
    lines = [f"level: {report['level']}"]
    for part in ("probes", "engines"):
        lines += [f"{part[:-1]}: {name}: {_word(ok)}" for name, ok in report[part].items()]
    for part in ("kernel", "settings", "versions"):
        lines += [f"{part}: {name}: {value}" for name, value in report[part].items()]
    lines.append(f"cgroup: {report['cgroup'] or 'not known'}")
    lines += [f"problem: {problem}" for problem in report["problems"]]
    lines += [f"advice: {advice}." for advice in report["advice"]]
    return lines


def _word(ok: bool) -> str:
    return "holds" if ok else "FAILS"
