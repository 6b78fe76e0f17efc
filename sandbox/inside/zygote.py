"""The warm process that forks: one thread, libraries imported and run once, no learner data.

Nothing of a learner ever passes through it: what lies in its heap, every later child can read.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import CodeType
from typing import Final, NoReturn

import msgspec

from sandbox.inside import jail, kernel, sharing
from sandbox.protocol import (
    Exited,
    Landmarks,
    Mounted,
    MountSession,
    Parked,
    Spawn,
    UnmountSession,
    ZygoteCommand,
    ZygoteReady,
    ZygoteReport,
    ZygoteSettings,
)

Live = Callable[[list[int], jail.Jail], NoReturn]

_MAX_COMMAND_BYTES: Final = 4096
_DESCRIPTORS_PER_CHILD: Final = 6


class Zygote:
    """Forks a child for each ``Spawn`` and reports each child's end."""

    def __init__(self, link: socket.socket, settings: ZygoteSettings, live: Live) -> None:
        self._link = link
        self._live = live
        self._jail = jail.Jail(settings)
        self._children: dict[int, int] = {}
        self._decoder = msgspec.msgpack.Decoder(ZygoteCommand)
        self._own_pidfd = os.pidfd_open(os.getpid())

    def serve(self) -> None:
        """Answer commands until the supervisor closes the link."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == wake_read:
                    os.read(wake_read, 4096)
                    self._reap()
                elif not self._answer():
                    return

    def _answer(self) -> bool:
        body, descriptors, _, _ = socket.recv_fds(
            self._link, _MAX_COMMAND_BYTES, _DESCRIPTORS_PER_CHILD
        )
        if not body:
            return False
        match self._decoder.decode(body):
            case Spawn(number):
                self._spawn(number, descriptors)
            case MountSession(name, disk_bytes):
                self._mount(name, disk_bytes)
            case UnmountSession(name):
                jail.unmount_session(name)
        return True

    def _mount(self, name: str, disk_bytes: int) -> None:
        try:
            self._jail.mount_session(name, disk_bytes)
        except OSError as error:
            self._report(Mounted(name, str(error)))
        else:
            self._report(Mounted(name))

    def _spawn(self, number: int, descriptors: list[int]) -> None:
        try:
            pid = self._fork(descriptors)
        except OSError as error:
            self._report(Parked(number, str(error)))
        else:
            self._children[pid] = number
            pidfd = os.pidfd_open(pid)
            self._report(Parked(number), [pidfd])
            os.close(pidfd)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _fork(self, descriptors: list[int]) -> int:
        """Fork one child, pid 1 of its own pid namespace; never returns in the child."""
        if self._jail.has_pid_namespace:
            kernel.unshare(kernel.CLONE_NEWPID)
        pid = -1
        try:
            pid = os.fork()
        finally:
            # Also when fork failed: a second unshare without this is EINVAL for ever.
            if self._jail.has_pid_namespace and pid != 0:
                kernel.set_namespace(self._own_pidfd, kernel.CLONE_NEWPID)
        if pid == 0:
            self._become_child(descriptors)
        return pid

    def _become_child(self, descriptors: list[int]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._link.close()
        os.close(self._own_pidfd)
        self._live(descriptors, self._jail)

    def _reap(self) -> None:
        while self._children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            cpu_us = int((usage.ru_utime + usage.ru_stime) * 1_000_000)
            number = self._children.pop(pid)
            self._report(Exited(number, status, cpu_us, usage.ru_maxrss * 1024))

    def _report(self, report: ZygoteReport, descriptors: list[int] | None = None) -> None:
        socket.send_fds(self._link, [msgspec.msgpack.encode(report)], descriptors or [])

    def freeze(self, versions: dict[str, str]) -> None:
        """After the warm-up: nothing may be running, and all there is will be shared."""
        if threading.active_count() != 1:
            raise RuntimeError(f"threads left by the warm-up: {threading.enumerate()}")
        atexit._clear()  # the libraries' own; a cell's are run at its end
        sharing.share()
        self._report(ZygoteReady(versions, _landmarks()))


def _landmarks() -> Landmarks:
    """A child's main thread is the one that forked, at the same address."""
    get_state = ctypes.pythonapi.PyThreadState_Get
    get_state.restype = ctypes.c_void_p
    return Landmarks(thread=get_state(), code_type=id(CodeType))


def main() -> None:
    """Started by the supervisor inside the wall; the settings are the only argument."""
    settings = msgspec.json.decode(sys.argv[1], type=ZygoteSettings)
    link = socket.socket(fileno=settings.link)
    link.set_inheritable(False)
    if settings.level == "full":
        kernel.mount(None, jail.SESSIONS, None, kernel.MS_SHARED)
    threading.stack_size(1024 * 1024)
    sharing.gather()
    # After that, so that the pages this module writes lie apart from those of the libraries.
    from sandbox.inside import child, warmup

    zygote = Zygote(link, settings, child.live)
    zygote.freeze(warmup.run(observed="probe" not in settings.without))
    zygote.serve()
