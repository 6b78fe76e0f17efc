"""Sockets on which children serve: bound and connected to here, where alone their names exist."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from pathlib import Path
from typing import Final

BACKLOG: Final = 128


class Listener:
    """A socket for one child to listen on, and the one over which it says that it does.

    It listens from the start, so that what is sent before the application is there waits for it.
    """

    def __init__(self, directory: int) -> None:
        """``directory`` is a descriptor, so that no path is told inside by getsockname(2)."""
        self._directory = directory
        self._name = secrets.token_hex(8)
        # Of any length, which the path of a unix socket may not be.
        self.address = f"/proc/self/fd/{directory}/{self._name}"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.address)
        self._socket.listen(BACKLOG)
        self.cues, self._cues_inside = socket.socketpair()
        self.cues.setblocking(False)

    def inside_ends(self) -> list[int]:
        """The descriptors that travel with the job, in the order a child expects."""
        return [self._socket.fileno(), self._cues_inside.fileno()]

    def close_inside_ends(self) -> None:
        """After they were sent: once the child is dead, or stops to listen, nobody does."""
        self._socket.close()
        self._cues_inside.close()

    def close(self) -> None:
        """Tell the child to stop, and let nobody connect any more."""
        self.close_inside_ends()
        self.cues.close()
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._directory)


class Listeners:
    """Makes them in a directory of its own, which nobody else may look into."""

    def __init__(self, run_directory: Path) -> None:
        self._place = run_directory / "serving"
        self._directory = -1

    def make(self, count: int) -> list[Listener]:
        """So many listeners, the caller's to close."""
        if self._directory < 0:
            self._place.mkdir(mode=0o700, exist_ok=True)
            self._directory = os.open(self._place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return [Listener(self._directory) for _ in range(count)]

    def close(self) -> None:
        """Give the directory back."""
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1
