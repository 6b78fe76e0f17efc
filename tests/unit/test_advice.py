"""Each known refusal of a jail leads to what to do about it, on the machine at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.runs import machine as machines
from playground.runs.advice import APPARMOR, CONTAINER, advise
from playground.runs.machine import Machine

SOUND = Machine(
    distributions=("debian",),
    container="",
    architecture="x86_64",
    has_bubblewrap=True,
    user_namespaces=15000,
    unprivileged_user_namespaces=1,
    apparmor_restricts_user_namespaces=False,
    landlock=6,
    seccomp=True,
)
NO_NAMESPACE = (
    "bwrap: No permissions to create new namespace, likely because the kernel does not allow "
    "non-privileged user namespaces."
)
OLD_NO_NAMESPACE = "bwrap: No permissions to creating new namespace, likely because the kernel"
REFUSALS = [
    NO_NAMESPACE,
    OLD_NO_NAMESPACE,
    "bwrap: Creating new namespace failed: Operation not permitted",
    "bwrap: Creating new namespace failed, likely because the kernel does not support user "
    "namespaces. bwrap must be installed setuid on such systems.",
    "bwrap: setting up uid map: Permission denied",
    "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
    "bwrap: Failed to make / slave: Permission denied",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    "user namespaces are switched off",
]


def on(**facts: Any) -> Machine:
    return SOUND._replace(**facts)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_plain_machine_switches_user_namespaces_on(refusal: str) -> None:
    (debian,) = advise([refusal], SOUND)
    assert "kernel.unprivileged_userns_clone=1" in debian
    (fedora,) = advise([refusal], on(distributions=("fedora",)))
    assert fedora == "sudo sysctl -w user.max_user_namespaces=15000"


@pytest.mark.parametrize("refusal", REFUSALS)
def test_ubuntu_gets_a_wall_of_its_own_and_keeps_its_restriction(refusal: str) -> None:
    ubuntu = on(distributions=("ubuntu", "debian"), apparmor_restricts_user_namespaces=True)
    assert advise([refusal], ubuntu) == [APPARMOR]
    assert "python -m sandbox apparmor" in APPARMOR
    assert "restrict_unprivileged_userns=0" not in APPARMOR


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("container", CONTAINER)
def test_a_container_gets_its_options_and_not_privileged(refusal: str, container: Any) -> None:
    (said,) = advise([refusal], on(container=container))
    assert said == CONTAINER[container]
    assert "Not --privileged" in said or "Not privileged: true" in said


@pytest.mark.parametrize(
    ("distributions", "command"),
    [
        (("debian",), "sudo apt-get install -y bubblewrap"),
        (("linuxmint", "ubuntu", "debian"), "sudo apt-get install -y bubblewrap"),
        (("rocky", "rhel", "centos", "fedora"), "sudo dnf install -y bubblewrap"),
        (("nixos",), "install the package bubblewrap"),
    ],
)
def test_bubblewrap_is_named_as_the_distribution_has_it(
    distributions: tuple[str, ...], command: str
) -> None:
    assert advise(["bubblewrap is not installed"], on(distributions=distributions)) == [command]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("the kernel refuses a user namespace, as it does in a chroot", "outside of the chroot"),
        ("no program at /x/wall, the path given for bubblewrap", "SANDBOX_WALL"),
        ("OSError: this kernel has no Landlock", "5.13 or later"),
        ("no system call table for riscv64", "x86_64 and aarch64"),
        ("full: the jail does not hold here: no network", "run no cell on this machine"),
        ("laptop: not as root, use another account", "ordinary account"),
    ],
)  # fmt: skip
def test_other_refusals_have_their_own_cure(refusal: str, words: str) -> None:
    (said,) = advise([refusal], SOUND)
    assert words in said


def test_one_piece_of_advice_for_each_kind_of_refusal() -> None:
    said = advise([f"full: {NO_NAMESPACE}; laptop: not as root", OLD_NO_NAMESPACE, "what?"], SOUND)
    assert len(said) == 2


def test_a_sound_machine_hinders_nothing_and_needs_no_advice() -> None:
    assert SOUND.list_hindrances() == []
    assert advise([], SOUND) == []


@pytest.mark.parametrize(
    ("facts", "hindrance"),
    [
        ({"has_bubblewrap": False}, "bubblewrap is not installed"),
        ({"architecture": "riscv64"}, "no system call table for riscv64"),
        ({"user_namespaces": 0}, "user namespaces are switched off"),
        ({"unprivileged_user_namespaces": 0}, "user namespaces are switched off"),
        ({"landlock": 0}, "this kernel has no Landlock"),
    ],
)
def test_each_hindrance_is_found_and_has_its_cure(facts: dict[str, Any], hindrance: str) -> None:
    machine = on(**facts)
    assert machine.list_hindrances() == [hindrance]
    assert len(advise([hindrance], machine)) == 1


def make_files(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_ubuntu_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    files = {
        "etc/os-release": 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n',
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n",
        "proc/sys/user/max_user_namespaces": "62000\n",
    }
    machine = machines.examine(make_files(tmp_path, files))
    assert machine.distributions == ("ubuntu", "debian")
    assert machine.apparmor_restricts_user_namespaces
    assert (machine.user_namespaces, machine.unprivileged_user_namespaces) == (62000, -1)
    assert machine.container == ""


@pytest.mark.parametrize(
    ("file", "container"), [(".dockerenv", "docker"), ("run/.containerenv", "podman")]
)
def test_a_container_is_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, container: str
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert machines.examine(make_files(tmp_path, {file: ""})).container == container


def test_kubernetes_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert machines.examine(tmp_path).container == "kubernetes"
