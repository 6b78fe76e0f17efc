"""The check of an uploaded pack: goes on in this process whoever looks at it, and is kept as it
goes, so that every page and every process sees how far it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from exercises.model import Pack
from playground.accounts.models import User
from playground.runs.checking import Result, Subject, check, list_subjects
from playground.runs.checkings import conclude, read_versions
from playground.runs.on_workers import NoRoom, WorkersClient, WorkersLost
from playground.runs.redis_clients import OUT_OF_REACH
from playground.teams.models import PackCheck, PackResult, PackVersion
from playground.teams.own_packs import get_pack

BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 10.0  # then whoever saw to it is gone
MOST_PROBLEM_CHARACTERS: Final = 4000

_State = PackCheck.State
_OURS: Final = (
    "Something failed on our side. It is our fault, and what was checked so far is kept: go on with"
    " it in a minute."
)
_NO_WORKER: Final = (
    "No worker of ours could be had. It is our fault, and what was checked so far is kept: go on "
    "with it in a minute."
)
_tasks: set[asyncio.Task[None]] = set()
_log = logging.getLogger(__name__)


class Unreadable(Exception):
    """The release of the site that is here reads the version no more."""


class Asked(msgspec.Struct, frozen=True):
    """What a page asks for; ``check`` goes on with one that did not end."""

    action: Literal["check", "anew", "stop"]


class Progress(msgspec.Struct, frozen=True):
    """How far a check is. ``is_lost``: nobody sees to it any more, though it has not ended."""

    state: str
    total: int
    done: int
    failed: int
    reason: str
    is_lost: bool

    @property
    def goes_on(self) -> bool:
        """Whether more results will come."""
        return self.state == _State.GOING_ON and not self.is_lost

    @property
    def may_go_on(self) -> bool:
        """Whether there is something left that somebody may ask for."""
        return not self.goes_on and self.state != _State.ENDED


def group_of(version: int) -> str:
    """The group of everybody who looks at the check of that version."""
    return f"pack-{version}"


def read_progress(version: PackVersion) -> Progress | None:
    """Of its newest check; None where there was none."""
    found = PackCheck.objects.filter(version=version).annotate(
        done=Count("results"), failed=Count("results", filter=~Q(results__problem=""))
    )
    one = found.first()
    if one is None:
        return None
    silent = timezone.now() - one.beat_at > timedelta(seconds=SILENT_SECONDS)
    is_lost = one.state == _State.GOING_ON and silent
    return Progress(one.state, one.total, one.done, one.failed, one.reason, is_lost)


async def begin(version: PackVersion, user: User, *, anew: bool) -> None:
    """Check it, or go on with it unless ``anew``; nothing, while it is being checked.

    Raises Unreadable.
    """
    pack = await database_sync_to_async(get_pack, thread_sensitive=False)(version)
    if pack is None:
        raise Unreadable
    subjects = list(list_subjects(Path(), pack))
    token = secrets.token_hex(8)
    claim = database_sync_to_async(_claim, thread_sensitive=False)
    if await claim(version, user, token, len(subjects), anew=anew):
        task = asyncio.create_task(_see_through(version, user, token, pack, subjects))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def cancel(version: PackVersion) -> None:
    """Whoever sees to it stops within a moment."""
    await database_sync_to_async(_end_as, thread_sensitive=False)(version, "", _State.CANCELLED, "")
    await _tell(version)


@transaction.atomic
def _claim(version: PackVersion, user: User, token: str, total: int, *, anew: bool) -> bool:
    """Whether it is this process's to see to."""
    list(PackVersion.objects.select_for_update().defer("content").filter(pk=version.pk))
    progress = read_progress(version)
    if progress and progress.goes_on:
        return False
    now = timezone.now()
    of_check = {"asked_by": user, "token": token, "state": _State.GOING_ON, "reason": ""}
    times = {"began_at": now, "beat_at": now, "ended_at": None}
    made, _ = PackCheck.objects.update_or_create(
        version=version, defaults={**of_check, **times, "total": total}
    )
    if anew or (progress and progress.state == _State.ENDED):
        made.results.all().delete()
    else:
        made.results.exclude(problem="").delete()  # what was mended may hold now
    return True


async def _see_through(
    version: PackVersion, user: User, token: str, pack: Pack, subjects: list[Subject]
) -> None:
    beating = asyncio.create_task(_beat(version, token))
    working = asyncio.create_task(_work(version, user, token, pack, subjects))
    try:
        await asyncio.wait([beating, working], return_when=asyncio.FIRST_COMPLETED)
        state, reason = _State.STOPPED, _OURS  # unless it ended otherwise already
        if working.done():
            state, reason = _conclude(working)
        end = database_sync_to_async(_end_as, thread_sensitive=False)
        await end(version, token, state, reason)
        await _tell(version)
    except Exception:
        _log.exception("the check of version %d", version.pk)
    finally:
        beating.cancel()
        working.cancel()


def _conclude(working: asyncio.Task[None]) -> tuple[PackCheck.State, str]:
    try:
        working.result()
    except NoRoom as full:
        return _State.STOPPED, str(full).replace("Your code was not run", "The rest is not checked")
    except WorkersLost:
        return _State.STOPPED, _NO_WORKER
    except Exception:
        _log.exception("a check of a pack")
        return _State.STOPPED, _OURS
    return _State.ENDED, ""


async def _work(
    version: PackVersion, user: User, token: str, pack: Pack, subjects: list[Subject]
) -> None:
    client = WorkersClient(user.learner)
    versions = await read_versions(client)
    known = await database_sync_to_async(_list_done, thread_sensitive=False)(version)
    left = [one for one in subjects if _key(one) not in known]
    keep = database_sync_to_async(_keep, thread_sensitive=False)
    async for result in check(client, versions, left):
        await keep(version, token, result)
        await _tell(version)
    settle = database_sync_to_async(_settle, thread_sensitive=False)
    await settle(version, pack, versions, len(subjects))


async def _beat(version: PackVersion, token: str) -> None:
    """Until somebody else has the check, or stopped it."""
    beat = database_sync_to_async(_write_beat, thread_sensitive=False)
    while True:
        if not await beat(version, token):
            return
        await asyncio.sleep(BEAT_SECONDS)


def _key(subject: Subject) -> tuple[str, str, str]:
    return subject.kind, _name(subject.name), subject.driver or "none"


def _name(subject: str) -> str:
    """Without the pack, whose address is another once it is published."""
    return subject.partition("/")[2][:500]


def _of(version: PackVersion, token: str = "") -> dict[str, object]:
    own = {"token": token} if token else {}
    return {"version_id": version.pk, "state": _State.GOING_ON, **own}


def _write_beat(version: PackVersion, token: str) -> bool:
    going_on = PackCheck.objects.filter(**_of(version, token))
    return bool(going_on.update(beat_at=timezone.now()))


def _end_as(version: PackVersion, token: str, state: PackCheck.State, reason: str) -> None:
    going_on = PackCheck.objects.filter(**_of(version, token))
    going_on.update(state=state, reason=reason, ended_at=timezone.now())


def _list_done(version: PackVersion) -> set[tuple[str, str, str]]:
    done = PackResult.objects.filter(check_of__version=version)
    return set(done.values_list("kind", "subject", "driver"))


@transaction.atomic
def _keep(version: PackVersion, token: str, result: Result) -> None:
    going_on = PackCheck.objects.filter(**_of(version, token)).first()
    if going_on is None:
        return
    told = {"file": result.file[:500], "line": max(0, result.line), "seconds": result.seconds}
    problem = result.problem.replace("\0", "")[:MOST_PROBLEM_CHARACTERS]
    PackResult.objects.update_or_create(
        check_of=going_on,
        kind=result.kind,
        subject=_name(result.subject),
        driver=result.driver,
        defaults={**told, "problem": problem},
    )


def _settle(version: PackVersion, pack: Pack, versions: dict[str, str], total: int) -> None:
    """Where everything was checked and nothing failed, write down what held, when and on what."""
    progress = read_progress(version)
    is_good = progress and progress.done == total and not progress.failed
    checked = msgspec.to_builtins(conclude(pack, versions)) if is_good else {}
    PackVersion.objects.filter(pk=version.pk).update(checked=checked)


async def _tell(version: PackVersion) -> None:
    layer = get_channel_layer()
    assert layer is not None
    with contextlib.suppress(*OUT_OF_REACH):  # a page asks anew when it is loaded
        await layer.group_send(group_of(version.pk), {"type": "pack.moved"})
