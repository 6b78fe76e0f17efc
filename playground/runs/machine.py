"""What this machine offers to a jail, as far as can be read without building one."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path
from typing import Final, Literal, NamedTuple

Container = Literal["", "docker", "podman", "kubernetes"]

MACHINES: Final = ("x86_64", "aarch64")
_LANDLOCK_CREATE, _VERSION = 444, 1


class Machine(NamedTuple):
    """Facts; a number of -1 means that the kernel has no such setting."""

    distributions: tuple[str, ...]
    container: Container
    architecture: str
    has_bubblewrap: bool
    user_namespaces: int
    unprivileged_user_namespaces: int
    apparmor_restricts_user_namespaces: bool
    landlock: int
    seccomp: bool

    def kernel_features(self) -> dict[str, int | bool]:
        """What the jail needs of the kernel."""
        allowed = self.user_namespaces != 0 and self.unprivileged_user_namespaces != 0
        return {
            "user_namespaces": allowed,
            "apparmor_restricts_user_namespaces": self.apparmor_restricts_user_namespaces,
            "landlock_abi": self.landlock,
            "seccomp": self.seccomp,
        }

    def list_hindrances(self) -> list[str]:
        """What is sure to keep the jail below level full, in the words of ``advice``."""
        found = {
            "bubblewrap is not installed": not self.has_bubblewrap,
            f"no system call table for {self.architecture}": self.architecture not in MACHINES,
            "user namespaces are switched off": not self.kernel_features()["user_namespaces"],
            "this kernel has no Landlock": self.landlock == 0,
        }
        return [hindrance for hindrance, is_there in found.items() if is_there]


def examine(root: Path = Path("/"), bubblewrap: str = "") -> Machine:
    """The machine below ``root``; ``bubblewrap`` is the path of a copy, else PATH is searched."""
    proc = root / "proc/sys"
    return Machine(
        distributions=_read_distributions(root / "etc/os-release"),
        container=_find_container(root),
        architecture=os.uname().machine,
        has_bubblewrap=shutil.which(bubblewrap or "bwrap") is not None,
        user_namespaces=_read_number(proc / "user/max_user_namespaces"),
        unprivileged_user_namespaces=_read_number(proc / "kernel/unprivileged_userns_clone"),
        apparmor_restricts_user_namespaces=(
            _read_number(proc / "kernel/apparmor_restrict_unprivileged_userns") == 1
        ),
        landlock=_ask_landlock(),
        seccomp=(proc / "kernel/seccomp/actions_avail").exists(),
    )


def _read_number(file: Path) -> int:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return -1


def _read_distributions(file: Path) -> tuple[str, ...]:
    """ID and ID_LIKE: ("ubuntu", "debian")."""
    try:
        lines = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    except OSError:
        return ()
    words = f"{lines.get('ID', '')} {lines.get('ID_LIKE', '')}".replace('"', " ")
    return tuple(words.split())


def _find_container(root: Path) -> Container:
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "kubernetes"
    if (root / "run/.containerenv").exists():
        return "podman"
    return "docker" if (root / ".dockerenv").exists() else ""


def _ask_landlock() -> int:
    """The ABI's version, 0 without Landlock."""
    libc = ctypes.CDLL(None)
    libc.syscall.restype = ctypes.c_long
    number, size = ctypes.c_long(_LANDLOCK_CREATE), ctypes.c_size_t(0)
    return max(0, int(libc.syscall(number, None, size, ctypes.c_uint32(_VERSION))))
