"""The check of an uploaded pack: kept as it goes, gone on with, stopped, and what publishes."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.utils import timezone

from playground.accounts.sessions import SessionStore
from playground.asgi import sockets
from playground.runs import on_workers, quotas
from playground.runs.checking import Result, Subject
from playground.runs.grading import Runner
from playground.runs.on_workers import NoRoom, WorkersClient, WorkersLost
from playground.teams import operations, own_packs, pack_checks
from playground.teams.models import PackCheck, PackResult, PackVersion
from playground.teams.pack_checks import read_progress
from sandbox.protocol import RunRecord, RunRequest
from tests.own_packs import BACKEND, add_draft
from tests.teams import Cast, make_cast

pytestmark = [
    pytest.mark.usefixtures("closing_connections", "mailoutbox", "quick_passwords"),
]


class Scripted:
    """In place of the jail: what is checked, one after the other, as far as it is let."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.let = asyncio.Semaphore(1000)
        self.ends: Exception | None = None
        self.checked: list[str] = []

    async def check(
        self, client: Runner, versions: Mapping[str, str], subjects: Iterable[Subject]
    ) -> AsyncIterator[Result]:
        for one in subjects:
            await self.let.acquire()
            if self.ends:
                raise self.ends
            self.checked.append(one.kind)
            problem = "it <b>fails</b>" if one.kind in self.failing else ""
            driver = one.driver or "none"
            yield Result(one.kind, one.name, driver, problem, str(one.file), one.line, 0.1)


async def _tell_versions(runner: Runner) -> dict[str, str]:
    return {"python": "3.13.0"}


@pytest.fixture
async def scripted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scripted]:
    made = Scripted()
    monkeypatch.setattr(pack_checks, "check", made.check)
    monkeypatch.setattr(pack_checks, "read_versions", _tell_versions)
    monkeypatch.setattr(pack_checks, "BEAT_SECONDS", 0.05)
    yield made
    await PackCheck.objects.aupdate(state="cancelled")
    if tasks := list(pack_checks._tasks):
        await asyncio.wait(tasks, timeout=5)
    pack_checks._tasks.clear()
    await (
        asyncio.get_running_loop().shutdown_default_executor()
    )  # each thread has left the database


@pytest.fixture
async def cast() -> Cast:
    return await sync_to_async(make_cast)()


@pytest.fixture
async def version(cast: Cast) -> PackVersion:
    return await sync_to_async(add_draft)(cast.tom)


async def see(version: PackVersion, state: str, done: int = -1) -> pack_checks.Progress:
    """Wait until the check is so far."""
    progress = None
    for _ in range(400):
        progress = await sync_to_async(read_progress)(version)
        if progress and progress.state == state and done in (-1, progress.done):
            return progress
        await asyncio.sleep(0.02)
    raise AssertionError(progress)


async def begin(version: PackVersion, cast: Cast, *, anew: bool = False) -> None:
    await pack_checks.begin(version, cast.tom.user, anew=anew)


async def test_what_holds_may_be_published(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    await begin(version, cast)
    progress = await see(version, "ended")
    assert (progress.total, progress.done, progress.failed) == (5, 5, 0)
    await version.arefresh_from_db()
    assert version.checked["versions"] == {"python": "3.13.0"}
    assert version.checked["holds"][0].startswith("waits/one-after-another none ")
    await sync_to_async(own_packs.publish)(actor=cast.tom, version=version)


async def test_what_fails_may_not_and_once_more_may(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    scripted.failing = {"claim"}
    await begin(version, cast)
    progress = await see(version, "ended")
    assert progress.failed == 1
    with pytest.raises(own_packs.NotChecked):
        await sync_to_async(own_packs.publish)(actor=cast.tom, version=version)
    scripted.failing = set()
    await begin(version, cast, anew=True)
    assert (await see(version, "ended", 5)).failed == 0
    assert len(scripted.checked) == 10
    await sync_to_async(own_packs.publish)(actor=cast.tom, version=version)
    scripted.failing = {"claim"}
    await begin(version, cast, anew=True)
    await asyncio.sleep(0.1)
    assert (await see(version, "ended", 5)).failed == 1
    await version.arefresh_from_db()
    assert (version.state, version.checked) == ("published", {})


async def test_it_is_stopped_and_gone_on_with(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    scripted.let = asyncio.Semaphore(2)
    await begin(version, cast)
    await see(version, "going on", 2)
    await begin(version, cast)  # nothing: it goes on
    await pack_checks.cancel(version)
    progress = await see(version, "cancelled")
    assert progress.may_go_on
    await asyncio.sleep(0.2)  # whoever saw to it has stopped
    scripted.let = asyncio.Semaphore(1000)
    await begin(version, cast)
    assert (await see(version, "ended")).done == 5
    assert len(scripted.checked) == 5


async def test_a_check_whose_process_is_gone_is_said_so_and_gone_on_with(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    silent = timezone.now() - timedelta(seconds=pack_checks.SILENT_SECONDS + 1)
    gone = await PackCheck.objects.acreate(version=version, token="gone", total=5, beat_at=silent)
    kept = {"kind": "claim", "subject": "waits/one-after-another", "driver": "none"}
    await PackResult.objects.acreate(check_of=gone, **kept, file="x", line=1, seconds=0)
    progress = await sync_to_async(read_progress)(version)
    assert progress
    assert (progress.is_lost, progress.goes_on, progress.may_go_on) == (True, False, True)
    await begin(version, cast)
    assert (await see(version, "ended")).done == 5
    assert "claim" not in scripted.checked


async def test_the_process_that_lost_it_writes_no_more(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    scripted.let = asyncio.Semaphore(1)
    await begin(version, cast)
    await see(version, "going on", 1)
    await PackCheck.objects.filter(version=version).aupdate(token="another's")
    for _ in range(4):
        scripted.let.release()
    await asyncio.sleep(0.3)
    assert (await see(version, "going on")).done == 1


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        (NoRoom("You have begun 9 runs. Your code was not run; try again in 5 min."), "The rest"),
        (WorkersLost(), "No worker of ours"),
        (RuntimeError("odd"), "failed on our side"),
    ],
)
async def test_what_stops_it_is_told_and_what_was_checked_is_kept(
    cast: Cast, version: PackVersion, scripted: Scripted, ends: Exception, reason: str
) -> None:
    scripted.let = asyncio.Semaphore(1)
    await begin(version, cast)
    await see(version, "going on", 1)
    scripted.ends = ends
    scripted.let.release()
    progress = await see(version, "stopped")
    assert reason in progress.reason
    assert progress.done == 1
    await version.arefresh_from_db()
    assert version.checked == {}


async def open_socket(cast: Cast, who: str, version: PackVersion) -> WebsocketCommunicator:
    member = getattr(cast, who)
    session = SessionStore()
    session["_auth_user_id"] = str(member.user.pk)
    session["_auth_user_backend"] = BACKEND
    session["_auth_user_hash"] = member.user.get_session_auth_hash()
    await session.asave()
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
    path = f"/ws/teams/{cast.team.public_id}/packs/{version.pk}/"
    socket = WebsocketCommunicator(sockets, path, [*headers, (b"cookie", cookie)])
    assert (await socket.connect())[0]
    return socket


async def read_until(socket: WebsocketCommunicator, sentence: str) -> str:
    told = ""
    while sentence not in told:
        told += str(await socket.receive_from(timeout=5))
    return told


async def ask(socket: WebsocketCommunicator, action: str) -> None:
    await socket.send_to(json.dumps({"action": action, "HEADERS": {}}))


async def test_a_page_begins_it_sees_it_and_comes_back(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    scripted.failing, scripted.let = {"claim"}, asyncio.Semaphore(2)
    page = await open_socket(cast, "tom", version)
    assert "Not checked yet" in await page.receive_from()
    await ask(page, "check")
    told = await read_until(page, "2 of 5 done")
    assert "it &lt;b&gt;fails&lt;/b&gt;" in told
    assert "<b>fails" not in told
    await page.disconnect()
    again = await open_socket(cast, "alice", version)
    first = str(await again.receive_from())
    assert first.count('<li id="result-') == 2
    assert 'hx-swap-oob="innerHTML"' in first
    for _ in range(3):
        scripted.let.release()
    rest = await read_until(again, "1 of 5 failed")
    assert rest.count('<li id="result-') == 3
    await ask(again, "odd")
    assert "something we do not know" in await again.receive_from()
    await again.disconnect()


@pytest.mark.parametrize("who", ["lea", "charlie"])
async def test_no_socket_for_whoever_may_not(
    cast: Cast, version: PackVersion, scripted: Scripted, who: str
) -> None:
    socket = await open_socket(cast, who, version)
    assert (await socket.receive_output())["code"] == 4404
    await ask(socket, "check")
    await asyncio.sleep(0.1)
    assert not await PackCheck.objects.aexists()


async def test_whoever_may_no_longer_is_told_nothing(
    cast: Cast, version: PackVersion, scripted: Scripted
) -> None:
    scripted.let = asyncio.Semaphore(0)
    socket = await open_socket(cast, "tom", version)
    await socket.receive_from()
    await ask(socket, "check")
    await read_until(socket, "0 of 5 done")
    await sync_to_async(operations.archive_team)(actor=cast.alice)
    await ask(socket, "stop")
    assert "You may not check this pack any more" in await socket.receive_from()
    await sync_to_async(operations.remove_member)(actor=cast.alice, member=cast.tom)
    scripted.let.release()
    assert (await socket.receive_output(timeout=5))["code"] == 4404
    await pack_checks.cancel(version)
    await asyncio.sleep(0.2)


class Tally(quotas.LocalTally):
    """Counts what was let in and let go."""

    def __init__(self) -> None:
        super().__init__()
        self.admitted: list[str] = []

    async def admit(self, run_id: str, shares: Any) -> None:
        await super().admit(run_id, shares)
        self.admitted.append(run_id)


async def test_each_run_counts_for_whoever_asked_and_is_tried_again_while_we_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tally, seen = Tally(), list[RunRequest]()
    outcomes = iter(["sandbox_failed", "completed"])

    async def record(request: RunRequest) -> RunRecord:
        seen.append(request)
        return RunRecord(next(outcomes), "nobody", "")  # type: ignore[arg-type]

    monkeypatch.setattr(quotas, "get_tally", lambda: tally)
    monkeypatch.setattr(on_workers, "_record", record)
    monkeypatch.setattr(on_workers, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(on_workers, "ROOM_SECONDS", 0.05)
    client = WorkersClient("account-1")
    assert (await client.record(RunRequest("x", "1"))).outcome == "completed"
    assert [one.fair_by for one in seen] == [["learner:account-1"]] * 2
    assert len(set(tally.admitted)) == 2
    monkeypatch.setattr(settings, "RUNS_PER_HOUR_PER_LEARNER", 2)
    tally._begun["learner:account-1"] = deque([timezone.now().timestamp()] * 2)
    with pytest.raises(NoRoom, match="2 runs within an hour"):
        await client.record(RunRequest("x", "1"))
    assert not any(tally._going_on.values())
