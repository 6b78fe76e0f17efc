"""One cgroup per child, where cgroup v2 is delegated: bounds, kill and account for all it starts.

Layout, below the delegated cgroup: ``playground-main`` with everything that ran there before, and
``playground-XXXX`` of one supervisor, with a cgroup per child. The supervisor holds a lock on its
folder for as long as it lives, so that the next one knows which folders were left behind.

Processor time is shared by weight, not capped: a cap stops a child for parts of each 100 ms, which
the learner would see as blocks of an event loop that never blocked.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import itertools
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sandbox.host import delegation
from sandbox.host.child_cgroup import ChildCgroup, write

# Against 100 of whatever else runs below the delegated cgroup, the site's own process first.
_WEIGHT: Final = 50
_RLIMITS_ONLY: Final = "memory and processor time are bounded per process by rlimits"
_PREFIX: Final = "playground-"
_ROUNDS: Final = 10
_REMOVAL_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class Cgroups:
    """Makes a cgroup for each child, or says why it cannot."""

    def __init__(self, base: Path | None = None) -> None:
        """``base`` overrides where the delegated cgroup is."""
        self._base = base
        self._numbers = itertools.count(1)
        self._children: list[ChildCgroup] = []
        self._home: Path | None = None
        self._lock = -1
        self.report = ""

    def start(self) -> None:
        """Take the delegated cgroup into use; without one, only ``report`` changes."""
        try:
            base = self._base or delegation.find_base()
            self._take(base)
        except delegation.NotDelegated as missing:
            self.report = f"{_RLIMITS_ONLY}; no cgroup v2 delegated here: {missing}"
        except OSError as error:
            self.report = f"{_RLIMITS_ONLY}; the cgroup v2 delegated here cannot be used: {error}"

    def _take(self, base: Path) -> None:
        """The order matters: a cgroup passes controllers on only when no process is in it.

        1. Leave it to its children, but for the root of a hierarchy, which may have both.
        2. Pass the controllers on.
        3. A folder for this supervisor, locked; then away with those of dead ones.
        """
        with _locked(base):
            if (base / "cgroup.type").exists():
                _move_all(base, base / delegation.LEAF)
            used = _pass_on(base)
            home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            self._lock = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sweep(base)
        _pass_on(home)
        with contextlib.suppress(OSError):
            write(home / "cpu.weight", str(_WEIGHT))
        self._home = home
        self.report = f"cgroup v2 for each run ({', '.join(used) or 'no controllers'}) in {home}"

    @property
    def are_used(self) -> bool:
        """Whether there is a delegated cgroup to make them in."""
        return self._home is not None

    async def adopt(self, pid: int) -> ChildCgroup | None:
        """A cgroup of its own for a process; None where there are none to be had."""
        if self._home is None:
            return None
        self._children = [child for child in self._children if not child.is_gone()]
        child = ChildCgroup(self._home / f"child-{next(self._numbers)}")
        self._children.append(child)
        try:
            await asyncio.to_thread(child.make, pid)
        except ProcessLookupError:  # the process is gone already, and whoever wants it will hear
            child.close()
            return None
        except OSError as error:
            child.close()
            _log.exception("no cgroup for a child")
            self.report = f"{_RLIMITS_ONLY}; the cgroup v2 delegated here fails: {error}"
            return None
        except asyncio.CancelledError:
            child.close()
            raise
        return child

    def stop(self) -> None:
        """Take everything away that this supervisor made."""
        if self._home is not None:
            _remove_tree(self._home)
            os.close(self._lock)
            self._home = None


def _pass_on(base: Path) -> list[str]:
    """Let the children of a cgroup have what it has of the wanted controllers; which those are."""
    offered = (base / "cgroup.controllers").read_text("ascii").split()
    used: list[str] = [name for name in delegation.WANTED if name in offered]
    if used:
        write(base / "cgroup.subtree_control", " ".join(f"+{name}" for name in used))
    return used


def _move_all(base: Path, leaf: Path) -> None:
    """Until none is left: one may fork while it is moved."""
    leaf.mkdir(exist_ok=True)
    for _ in range(_ROUNDS):
        pids = (base / "cgroup.procs").read_text("ascii").split()
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                write(leaf / "cgroup.procs", pid)


@contextlib.contextmanager
def _locked(base: Path) -> Iterator[None]:
    """One supervisor at a time: a folder that is not locked yet looks like one left behind."""
    descriptor = os.open(base, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(base: Path) -> None:
    """Remove what supervisors left behind that are gone: nobody holds the lock."""
    for home in base.glob(f"{_PREFIX}*"):
        if home.name == delegation.LEAF:
            continue
        descriptor = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            _remove_tree(home)
        finally:
            os.close(descriptor)


def _remove_tree(home: Path) -> None:
    """Kill what is in a folder, then remove it; the kernel needs a moment after the kill."""
    write(home / "cgroup.kill", "1")
    folders = [*(path for path in home.iterdir() if path.is_dir()), home]
    deadline = time.monotonic() + _REMOVAL_SECONDS
    for folder in folders:
        while True:
            try:
                folder.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY or time.monotonic() > deadline:
                    _log.warning("%s stays: %s", folder, error)
                    break
                time.sleep(0.01)
            else:
                break
