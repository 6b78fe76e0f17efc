"""The Debian packages: installed where we may, otherwise named in one line to run."""

import os
import shutil
import sys
from collections.abc import Iterable

from playground.setup.steps import SetUpError, call

NEEDED = {
    "play": ("bwrap",),
    "test": ("bwrap", "chromium", "ip", "redis-server"),
}
# A browser without a font draws boxes instead of letters.
PACKAGES = {
    "bwrap": ("bubblewrap",),
    "chromium": ("chromium", "fonts-dejavu-core"),
    "ip": ("iproute2",),
    "redis-server": ("redis-server",),
}


def install(purpose: str) -> None:
    """See that the programs are there. Without the right to install, only CI may not go on."""
    if not (missing := list_missing(purpose)):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(missing)
        return
    message = describe(missing)
    if purpose == "test" and os.environ.get("CI"):
        raise SetUpError(message)
    print(f"set-up: {message}", file=sys.stderr)


def list_missing(purpose: str) -> list[str]:
    """The programs that ``purpose`` needs and PATH does not have."""
    return [name for name in NEEDED[purpose] if shutil.which(name) is None]


def apt_install(programs: list[str]) -> None:
    """Install their packages; the lists first, since a new machine has none or old ones."""
    packages = packages_of(programs)
    print(f"set-up: Debian packages {' '.join(packages)} ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=300")
    call("apt-get", "update", "-qq", env=env)
    call("apt-get", "install", "-qq", "-y", "--no-install-recommends", *wait, *packages, env=env)


def packages_of(programs: Iterable[str]) -> list[str]:
    """The Debian packages that bring these programs."""
    return [package for program in programs for package in PACKAGES[program]]


def describe(missing: list[str]) -> str:
    """What is missing, what that means, and the one line to run."""
    packages = " ".join(packages_of(missing))
    return (
        f"PATH has no {', '.join(missing)}: what needs it will be refused or skipped.\n"
        f"set-up: on Debian or Ubuntu run: sudo apt-get install -y {packages}"
    )
