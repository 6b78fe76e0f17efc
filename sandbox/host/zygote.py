"""The supervisor's end of the zygote: start it, park children, hear of their ends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sandbox.host.child_cgroup import Account, ChildCgroup
from sandbox.protocol import (
    Exited,
    Job,
    Landmarks,
    Level,
    Mounted,
    MountSession,
    Parked,
    Spawn,
    UnmountSession,
    ZygoteCommand,
    ZygoteReady,
    ZygoteReport,
    encode_frame,
)

READY_SECONDS: Final = 60
_MAX_REPORT_BYTES: Final = 8192
_HEAD_BYTES: Final = 4  # of a frame: what descriptors travel with

_log = logging.getLogger(__name__)

Command = Callable[[int], list[str]]


class ZygoteFailed(Exception):
    """The zygote did not start, died, or could not do what it was asked."""


_UNKNOWN: Final = Landmarks()


class Child:
    """A parked child: the supervisor's ends of its socket and pipes, and its pidfd."""

    def __init__(self, number: int, landmarks: Landmarks = _UNKNOWN) -> None:
        self.number = number
        self.landmarks = landmarks
        self.pidfd = -1
        self.is_lost = False
        self.begun_at = time.perf_counter()  # set again when the job begins
        self.cgroup: ChildCgroup | None = None
        self.job, self._job_inside = socket.socketpair()
        self.stdout, self._stdout_inside = os.pipe2(os.O_CLOEXEC)
        self.stderr, self._stderr_inside = os.pipe2(os.O_CLOEXEC)
        self.telemetry, self._telemetry_inside = os.pipe2(os.O_CLOEXEC)
        # Neither end of these ever waits.
        self._pings_inside, self.pings = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.answers, self._answers_inside = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.job.setblocking(False)
        for descriptor in (self.stdout, self.stderr, self.telemetry):
            os.set_blocking(descriptor, False)
        loop = asyncio.get_running_loop()
        self.parked: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[Exited] = loop.create_future()

    def inside_ends(self) -> list[int]:
        """The descriptors that travel to the zygote, in the order a child expects."""
        return [
            self._job_inside.fileno(),
            self._stdout_inside,
            self._stderr_inside,
            self._telemetry_inside,
            self._pings_inside,
            self._answers_inside,
        ]

    def close_inside_ends(self) -> None:
        """After they were sent: only the child holds them now, so its death reads as EOF."""
        _, *pipes = self.inside_ends()
        self._job_inside.close()
        for descriptor in pipes:
            os.close(descriptor)

    async def begin(self, job: Job, handed: Sequence[int] = ()) -> None:
        """Hand over the job and the descriptors it speaks of; returns once the jail is locked.

        Raises ZygoteFailed.
        """
        loop = asyncio.get_running_loop()
        try:
            if self.cgroup is not None:
                self.cgroup.limit(job.limits)
            frame = encode_frame(job)
            socket.send_fds(self.job, [frame[:_HEAD_BYTES]], handed)
            await loop.sock_sendall(self.job, frame[_HEAD_BYTES:])
            answer = await loop.sock_recv(self.job, 16)
        except OSError as error:
            raise ZygoteFailed(f"the child went away: {self._last_words()}") from error
        if answer != b"locked":
            raise ZygoteFailed(f"the child could not lock its jail: {self._last_words()}")
        self.begun_at = time.perf_counter()

    async def seeded(self) -> None:
        """Wait until the child applied its seed, or died: either closes its end of the socket."""
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_recv(self.job, 1)

    def _last_words(self) -> str:
        with contextlib.suppress(BlockingIOError):
            return os.read(self.stderr, 4096).decode(errors="replace").strip()
        return "it said nothing"

    def pss_bytes(self) -> int:
        """The child's proportional share of memory, 0 where the kernel does not tell."""
        return _pss_bytes(self.host_pid())

    def host_pid(self) -> int:
        """The child's number out here; -1 when it is gone."""
        try:
            lines = Path(f"/proc/self/fdinfo/{self.pidfd}").read_text("ascii").splitlines()
        except OSError:
            return -1
        # No such line, or -1, once it was reaped.
        return next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), -1)

    def account(self) -> Account:
        """The kernel's account of all that the child did, where it has a cgroup."""
        return self.cgroup.account() if self.cgroup is not None else Account()

    def kill(self) -> None:
        """SIGKILL to the child, and with it to everything in its pid namespace and cgroup."""
        if self.cgroup is not None:
            self.cgroup.kill()
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Give everything back; a parked child takes the closed socket as its end."""
        if self.cgroup is not None:
            self.cgroup.close()
        self.job.close()
        pipes = (self.stdout, self.stderr, self.telemetry, self.pings, self.answers)
        for descriptor in (*pipes, self.pidfd):
            if descriptor >= 0:
                os.close(descriptor)
        self.pidfd = -1  # the number may be somebody else's from now on


class Zygote:
    """One warm process behind its wall, and the children it forked."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.versions: dict[str, str] = {}
        self._landmarks = _UNKNOWN
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._mounts: dict[str, asyncio.Future[None]] = {}
        self._decoder = msgspec.msgpack.Decoder(ZygoteReport)
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[dict[str, str]] = self._loop.create_future()
        self.died: asyncio.Future[None] = self._loop.create_future()

    async def start(self, command: Command) -> None:
        """Start the wall and wait for the warm-up. Raises ZygoteFailed with its stderr."""
        self._link, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._link.setblocking(False)
        with inside:
            arguments = command(inside.fileno())
            # The wall dies with the thread that starts it: this must be the loop's own.
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=[inside.fileno()],
                env={"LANG": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2"},
                start_new_session=True,
            )
        self._loop.add_reader(self._link, self._receive)
        self._stderr = asyncio.create_task(self._keep_stderr())
        try:
            self.versions = await asyncio.wait_for(self._ready, READY_SECONDS)
        except (ZygoteFailed, TimeoutError) as error:
            await self.stop()
            said = self._stderr.result().decode(errors="replace").strip()
            raise ZygoteFailed(said or f"the zygote did not start: {error}") from error

    async def park(self) -> Child:
        """Fork a child and wait until it is parked. Raises ZygoteFailed."""
        child = Child(next(self._numbers), self._landmarks)
        self._children[child.number] = child
        try:
            try:
                self._send(Spawn(child.number), child.inside_ends())
            finally:
                child.close_inside_ends()
            await child.parked
        except (ZygoteFailed, asyncio.CancelledError):
            child.close()  # a parked child takes the closed socket as its end
            raise
        return child

    async def mount(self, name: str, disk_bytes: int) -> None:
        """Make a learner session's files, or give them another size. Raises ZygoteFailed."""
        self._mounts[name] = mounted = self._loop.create_future()
        self._send(MountSession(name, disk_bytes))
        await mounted

    def pss_bytes(self) -> int:
        """The zygote's proportional share of memory, 0 where the kernel does not tell."""
        return _pss_bytes(self._inner_pid())

    def _inner_pid(self) -> int:
        """The process that forks: inside the wall it is bubblewrap's only child."""
        pid = self._process.pid
        if self.level == "full":
            with contextlib.suppress(OSError, ValueError):
                pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii"))
        return pid

    def unmount(self, name: str) -> None:
        """Drop a learner session's files."""
        if not self.died.done():
            self._send(UnmountSession(name))

    async def stop(self) -> None:
        """End the wall and everything in it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await asyncio.wait([self._stderr])
        self._lose("stopped")

    def _send(self, command: ZygoteCommand, descriptors: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._link, [msgspec.msgpack.encode(command)], descriptors or [])
        except OSError as error:
            raise ZygoteFailed(f"the zygote does not answer: {error}") from error

    def _receive(self) -> None:
        try:
            body, descriptors, _, _ = socket.recv_fds(self._link, _MAX_REPORT_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            body, descriptors = b"", []
        if not body:
            self._lose("the zygote died")
            return
        try:
            self._take(self._decoder.decode(body), descriptors)
        except (msgspec.MsgspecError, LookupError, asyncio.InvalidStateError) as error:
            _log.error("the zygote said what no zygote says (%r); it is ended", error)
            self._process.kill()  # its link closes with it, which is how its end is heard of
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _take(self, report: ZygoteReport, descriptors: list[int]) -> None:
        match report:
            case ZygoteReady(versions, landmarks):
                self._landmarks = landmarks
                self._ready.set_result(versions)
            case Parked(number, problem):
                self._on_parked(number, problem, descriptors)
            case Mounted(name, problem):
                _settle(self._mounts.pop(name), problem)
            case Exited(number):
                if child := self._children.pop(number, None):
                    child.exited.set_result(report)

    def _on_parked(self, number: int, problem: str, descriptors: list[int]) -> None:
        child = self._children[number]
        if problem:
            del self._children[number]
        elif child.pidfd >= 0:
            raise asyncio.InvalidStateError(f"child {number} is parked already")
        else:
            child.pidfd = descriptors.pop()
            if child.parked.cancelled():
                os.close(child.pidfd)
        _settle(child.parked, problem)

    def _lose(self, reason: str) -> None:
        """The zygote is gone, and with it, as pid 1 of the wall, every child."""
        if self.died.done():
            return
        self._loop.remove_reader(self._link)
        self._link.close()
        self.died.set_result(None)
        if not self._ready.done():
            self._ready.set_exception(ZygoteFailed(reason))
        for mounted in self._mounts.values():
            _settle(mounted, reason)
        for child in self._children.values():
            if not child.parked.done():
                _settle(child.parked, reason)
            child.is_lost = True
            child.exited.set_result(Exited(child.number, signal.SIGKILL, 0, 0))
        self._children.clear()

    async def _keep_stderr(self) -> bytes:
        assert self._process.stderr is not None
        kept = b""
        while piece := await self._process.stderr.read(4096):
            kept = (kept + piece)[-4096:]
        return kept


def _settle(future: asyncio.Future[None], problem: str) -> None:
    if future.cancelled():  # whoever asked has left
        return
    if problem:
        future.set_exception(ZygoteFailed(problem))
    else:
        future.set_result(None)


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    kibibytes = next((line.split()[1] for line in lines if line.startswith("Pss:")), "0")
    return int(kibibytes) * 1024
