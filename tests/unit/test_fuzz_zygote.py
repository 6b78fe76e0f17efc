"""Whatever the zygote says or stops saying, the supervisor notices and nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.host.zygote import Child, Zygote, ZygoteFailed
from sandbox.protocol import Exited, Mounted, Parked, ZygoteReady, ZygoteReport

numbers = st.integers(-2, 3)
reports: st.SearchStrategy[ZygoteReport] = st.one_of(
    st.builds(ZygoteReady, st.just({})),
    st.builds(Parked, numbers, st.sampled_from(["", "no"])),
    st.builds(Mounted, st.sampled_from(["mine", "other"]), st.sampled_from(["", "no"])),
    st.builds(Exited, numbers, st.integers(0, 2**16), st.just(0), st.just(0)),
)
frames = st.binary(min_size=1, max_size=64) | reports.map(msgspec.msgpack.encode)
few = settings(max_examples=60, deadline=None, derandomize=True)


class FakeProcess:
    """Stands for the wall: when it is killed, its end of the link closes."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def kill(self) -> None:
        self._link.close()


async def linked() -> tuple[Zygote, socket.socket]:
    zygote = Zygote("full")
    zygote._link, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    zygote._link.setblocking(False)
    zygote._process = FakeProcess(inside)  # type: ignore[assignment]
    asyncio.get_running_loop().add_reader(zygote._link, zygote._receive)
    return zygote, inside


async def say(messages: list[bytes], failures: list[Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    zygote, inside = await linked()
    parking = asyncio.create_task(zygote.park())
    mounting = asyncio.create_task(zygote.mount("mine", 1))
    await asyncio.sleep(0)
    for message in messages:
        with socket.socket() as stands_for_a_pidfd:
            try:
                socket.send_fds(inside, [message], [stands_for_a_pidfd.fileno()])
            except OSError:
                break  # it hung up: what was said was no zygote's speech
        await asyncio.sleep(0)
    inside.close()
    async with asyncio.timeout(5):
        await zygote.died
        for outcome in await asyncio.gather(parking, mounting, return_exceptions=True):
            if isinstance(outcome, Child):
                outcome.close()
            else:
                assert outcome is None or isinstance(outcome, ZygoteFailed)
    if zygote._ready.done():
        zygote._ready.exception()


@few
@given(st.lists(frames, max_size=6))
def test_any_frames_on_the_link_end_in_a_zygote_that_is_known_to_be_gone(
    messages: list[bytes],
) -> None:
    failures: list[Any] = []
    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(say(messages, failures))
    assert failures == []
    assert len(os.listdir("/proc/self/fd")) == before


async def test_memory_of_a_child_that_is_gone_reads_as_nothing() -> None:
    child = Child(1)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=-1)
    child.pidfd = os.pidfd_open(process.pid)
    assert child.pss_bytes() > 0
    process.kill()
    await process.communicate()
    assert child.pss_bytes() == 0
    child.close_inside_ends()
    child.close()
    with socket.socket():  # the number of the pidfd is in use again
        assert child.pss_bytes() == 0
