"""Whether others can reach this site, and what that asks of the jail."""

from __future__ import annotations

from django.conf import settings


class LevelBelowFull(Exception):
    """Strangers' code would run in less than the whole jail."""


def list_reachable_hosts() -> list[str]:
    """The names in ALLOWED_HOSTS that are more than this machine."""
    return sorted(set(settings.ALLOWED_HOSTS) - set(settings.LOCAL_HOSTS))


def must_be_full() -> bool:
    """Whether cells may run in level full alone."""
    return bool(list_reachable_hosts()) and not settings.UNSAFE_ALLOW_LEVEL_BELOW_FULL


def describe_exposure(level: str) -> str:
    """Why a level is too low, where, and what to do."""
    return (
        f"the jail is at level {level!r} here, which is not enough for a site that others can "
        f"reach (ALLOWED_HOSTS has {', '.join(list_reachable_hosts())}); `manage.py doctor` says "
        "what is missing. UNSAFE_ALLOW_LEVEL_BELOW_FULL=yes lets strangers' code run all the same"
    )
