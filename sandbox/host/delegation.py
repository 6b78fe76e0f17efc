"""Where this process may make cgroups of its own: version 2, delegated to it, with controllers.

A cgroup is ours to divide when systemd marked it so (``Delegate=yes`` sets an extended attribute),
when its owner is our user and that of its parent is not, when it is the root of a container's own
hierarchy, or when we are root in the root of the whole hierarchy, which nobody else divides there.
Any other belongs to whoever made it, even if root could write to it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

NEEDED: Final = ("memory", "pids")
WANTED: Final = (*NEEDED, "cpu")
# The leaf that takes the processes which were there before: a cgroup with children has none.
LEAF: Final = "playground-main"

_MARKS: Final = ("trusted.delegate", "user.delegate")
_BY_SYSTEMD: Final = (
    "run the site as a systemd unit with Delegate=yes, or by hand as "
    "`systemd-run --user --scope -p Delegate=yes make play`; in a container with a writable "
    "/sys/fs/cgroup of its own (docker 28: --security-opt writable-cgroups=true; podman: "
    "--security-opt unmask=/sys/fs/cgroup)"
)
_BY_BOOTING: Final = (
    "start the machine with systemd.unified_cgroup_hierarchy=1 (or cgroup_no_v1=all) "
    "on the kernel's command line"
)


class NotDelegated(Exception):
    """No cgroup here is ours to divide: what was ``found``, and the ``cure``."""

    def __init__(self, found: str, cure: str) -> None:
        super().__init__(f"{found}; {cure}")
        self.found = found
        self.cure = cure


class Place(NamedTuple):
    """This process's own cgroup: its folder, and the folder of the topmost it can see."""

    own: Path
    top: Path


def find_base() -> Path:
    """The cgroup below which ours may be made. Raises NotDelegated."""
    memberships = Path("/proc/self/cgroup").read_text("ascii")
    place = locate(memberships, Path("/proc/self/mountinfo").read_text("utf-8", "replace"))
    version_1 = [
        name for line in memberships.splitlines() for name in line.split(":")[1].split(",")
    ]
    for base in _candidates(place):
        if is_delegated(base, place):
            require_controllers(base, version_1)
            return base
    require_controllers(place.own, version_1)
    raise NotDelegated(f"the cgroup {place.own} is not delegated to this process", _BY_SYSTEMD)


def locate(memberships: str, mounts: str) -> Place:
    """From /proc/self/cgroup and /proc/self/mountinfo: where we are. Raises NotDelegated."""
    own = next((line[3:] for line in memberships.splitlines() if line.startswith("0::")), None)
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        if own is None or after.split()[0] != "cgroup2":
            continue
        root, top, options = before.split()[3:6]
        if own == root or own.startswith(root.rstrip("/") + "/"):
            if "ro" in options.split(","):
                raise NotDelegated(f"{top} is mounted read-only", _BY_SYSTEMD)
            return Place(Path(top, os.path.relpath(own, root)), Path(top))
    raise NotDelegated("no cgroup v2 hierarchy is mounted that holds this process", _BY_BOOTING)


def _candidates(place: Place) -> list[Path]:
    parents = [place.own.parent] if place.own != place.top else []
    return parents if place.own.name == LEAF else [place.own, *parents]


def is_delegated(base: Path, place: Place) -> bool:
    """Whether ``base``, our own cgroup or its parent, is ours to divide."""
    if not _is_writable(base):
        return False
    if base == place.top:
        return base == place.own or place.own.name == LEAF
    if any(_has_mark(base, mark) for mark in _MARKS):
        return True
    user = os.geteuid()
    return user != 0 and base.stat().st_uid == user and base.parent.stat().st_uid != user


def _is_writable(base: Path) -> bool:
    names = (".", "cgroup.procs", "cgroup.subtree_control")
    return all(os.access(base / name, os.W_OK) for name in names)


def _has_mark(base: Path, mark: str) -> bool:
    try:
        return os.getxattr(base, mark) == b"1"
    except OSError:
        return False


def require_controllers(base: Path, version_1: list[str]) -> None:
    """Raises NotDelegated unless the cgroup may bound what a run must be bounded in."""
    offered = (base / "cgroup.controllers").read_text("ascii").split()
    lacking = [name for name in NEEDED if name not in offered]
    if not lacking:
        return
    names = ", ".join(lacking)
    if set(lacking) & set(version_1):
        raise NotDelegated(f"cgroup v1 holds the controllers {names}", _BY_BOOTING)
    raise NotDelegated(f"the cgroup {base} was not given the controllers {names}", _BY_SYSTEMD)
