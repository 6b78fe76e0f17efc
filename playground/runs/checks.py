"""System checks: what can be known of the jail before anything is started."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from playground.accounts.checks import SITE
from playground.runs.advice import advise
from playground.runs.exposure import list_reachable_hosts, must_be_full
from playground.runs.machine import examine


@checks.register(SITE)
def check_exposure(**_: Any) -> list[CheckMessage]:
    """A site that others can reach needs level full where it runs cells itself."""
    hosts = ", ".join(list_reachable_hosts())
    if hosts and settings.UNSAFE_ALLOW_LEVEL_BELOW_FULL:
        return [
            checks.Warning(
                f"UNSAFE_ALLOW_LEVEL_BELOW_FULL is set and others can reach this site ({hosts}).",
                hint="Remove it once `manage.py doctor` says: level full.",
                id="runs.W001",
            )
        ]
    if settings.REDIS_URL or not must_be_full():  # with Redis the workers ask, where they run
        return []
    machine = examine(bubblewrap=settings.SANDBOX_WALL)
    hindrances = machine.list_hindrances()
    if not hindrances:
        return []
    return [
        checks.Error(
            f"Others can reach this site ({hosts}), and the jail cannot reach level full: "
            f"{'; '.join(hindrances)}.",
            hint=". ".join(advise(hindrances, machine)) + ".",
            id="runs.E001",
        )
    ]
