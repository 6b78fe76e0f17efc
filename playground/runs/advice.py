"""What to do about a jail that does not reach level full: known refusals, and their cures."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from playground.runs.machine import Machine

INSTALL: Final = {
    "debian": "sudo apt-get install -y bubblewrap",
    "ubuntu": "sudo apt-get install -y bubblewrap",
    "fedora": "sudo dnf install -y bubblewrap",
    "": "install the package bubblewrap",
}
SWITCH_ON: Final = {
    "debian": "sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1",
    "ubuntu": "sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1",
    "": "sudo sysctl -w user.max_user_namespaces=15000",
}
NOT_PRIVILEGED: Final = (
    "Not --privileged: it also hands over every capability and device of the host, so that whoever "
    "leaves our jail is root there"
)
CONTAINER: Final = {
    "docker": (
        "start the container with --security-opt seccomp=unconfined --security-opt "
        "apparmor=unconfined --security-opt systempaths=unconfined (better: a seccomp profile that "
        f"adds clone, unshare, setns, mount, umount2 and pivot_root to docker's). {NOT_PRIVILEGED}"
    ),
    "podman": (
        "start the container with --security-opt unmask=ALL --security-opt apparmor=unconfined; "
        f"podman's own seccomp profile allows namespaces. {NOT_PRIVILEGED}"
    ),
    "kubernetes": (
        "give the container seccompProfile type Unconfined (better: Localhost), appArmorProfile "
        "type Unconfined and procMount Unmasked, which needs hostUsers: false. "
        f"{NOT_PRIVILEGED.replace('--privileged', 'privileged: true')}"
    ),
}
APPARMOR: Final = (
    "AppArmor restricts user namespaces here (Ubuntu 23.10 and later): give the playground a copy "
    "of bubblewrap with a profile of its own, as `python -m sandbox apparmor` says, and set "
    "SANDBOX_WALL to it. Neither switch the restriction off nor change the profile of "
    "/usr/bin/bwrap: the one opens every program's way, the other breaks our nested namespaces"
)


class Cure(NamedTuple):
    """A refusal, by the words it is known by, and what to do about it."""

    refusal: str
    cure: str | dict[str, str]
    is_of_namespaces: bool = False  # so that AppArmor or a container may be why


# Bubblewrap's words are those of 0.8 to 0.11.
CURES: Final = [
    Cure(r"no program at .*, the path given for bubblewrap", "set SANDBOX_WALL to a copy of bwrap"),
    Cure(r"bubblewrap is not installed", INSTALL),
    Cure(r"as it does in a chroot", "start the playground outside of the chroot"),
    Cure(r"Failed to make / slave", SWITCH_ON, is_of_namespaces=True),
    Cure(r"No permissions to creat\w+ (a )?new namespace", SWITCH_ON, is_of_namespaces=True),
    Cure(r"Creating new namespace failed", SWITCH_ON, is_of_namespaces=True),
    Cure(r"user namespaces are switched off", SWITCH_ON, is_of_namespaces=True),
    Cure(r"setting up uid map|setting up gid map", SWITCH_ON, is_of_namespaces=True),
    Cure(r"loopback: Failed RTM_NEW", SWITCH_ON, is_of_namespaces=True),
    Cure(r"Can't mount|Failed to mount|pivot_root", SWITCH_ON, is_of_namespaces=True),
    Cure(
        r"this kernel has no Landlock",
        "use a kernel of 5.13 or later with landlock in its list of security modules (lsm=landlock,"
        "... on its command line)",
    ),
    Cure(r"no system call table for", "the jail knows x86_64 and aarch64 alone: use one of these"),
    Cure(
        r"laptop: not as root",
        "without the wall nothing runs as root: start the playground from an ordinary account",
    ),
    Cure(
        r"the site's own database does not answer",
        "start the Postgres that SITE_DATABASE_URL names and let this machine connect to it, or "
        "take the variable away: the site then keeps a SQLite file in VAR_DIR",
    ),
    Cure(
        r"the jail does not hold here",
        "run no cell on this machine, and tell the maintainers what the self-test named",
    ),
]


def advise(refusals: list[str], machine: Machine) -> list[str]:
    """What to do, one piece of advice for each kind of refusal; none for what is not known."""
    found = [
        _advise(cure, machine)
        for refusal in refusals
        for cure in CURES
        if re.search(cure.refusal, refusal)
    ]
    return list(dict.fromkeys(found))


def _advise(cure: Cure, machine: Machine) -> str:
    if cure.is_of_namespaces and machine.apparmor_restricts_user_namespaces:
        return APPARMOR
    if cure.is_of_namespaces and machine.container:
        return CONTAINER[machine.container]
    if isinstance(cure.cure, str):
        return cure.cure
    known = (name for name in machine.distributions if name in cure.cure)
    return cure.cure[next(known, "")]
