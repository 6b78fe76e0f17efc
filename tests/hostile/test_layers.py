"""Each layer of the jail is there for a reason: without it, an attack that it stops succeeds.

An attack may be stopped by several layers at once; ``also`` names those taken away in both jails,
so that the layer under test is the only difference.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple, get_args

import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import Layer
from tests.hostile import layer_payloads as payloads
from tests.hostile.attacks import Attack, after, beside, prints
from tests.hostile.conftest import Without

ROOT: Final = Path(__file__).resolve().parents[2]


class Witness(NamedTuple):
    """An attack that ``layer`` stops when the layers in ``also`` are gone."""

    layer: Layer
    attack: Attack
    also: tuple[Layer, ...] = ()


WITNESSES = {
    "threads without number": Witness("wall_user", prints(payloads.MANY_THREADS)),
    "the host's accounts": Witness("wall_files", prints(payloads.READ_PASSWD), ("landlock",)),
    "a list of processes": Witness("wall_proc", prints(payloads.LIST_PROCESSES), ("landlock",)),
    "a raw socket": Witness(
        "wall_capabilities",
        prints(payloads.RAW_SOCKET),
        ("capabilities", "landlock", "seccomp", "user_namespace"),
    ),
    "a folder left for the next run": Witness(
        "wall_read_only",
        after("import os\nos.mkdir('/planted')", payloads.FIND_PLANTED),
        ("landlock",),
    ),
    "a full disk": Witness("disk_quota", prints(payloads.WRITE_20_MEGABYTES)),
    "pids of siblings": Witness("pid_namespace", prints(payloads.FIND_PIDS), ("landlock",)),
    "a signal to the own group": Witness(
        "setsid", beside(payloads.STAY_ALIVE, payloads.KILL_OWN_GROUP), ("landlock",)
    ),
    "files of a sibling": Witness(
        "mount_namespace",
        beside(payloads.WAIT_FOR_ANOTHERS_FILE, payloads.WRITE_FILE),
        ("hidden_postgres", "hidden_sessions", "landlock"),
    ),
    "shared memory left for the next run": Witness(
        "ipc_namespace",
        after(payloads.LEAVE_SHARED_MEMORY, payloads.FIND_SHARED_MEMORY),
        ("landlock", "seccomp"),
    ),
    "a host name left for the next run": Witness(
        "uts_namespace",
        after(payloads.NAME_HOST, payloads.FIND_NAME),
        ("capabilities", "landlock", "seccomp", "user_namespace"),
    ),
    "a temporary file of an earlier run": Witness(
        "private_tmp", after("open('/tmp/secret', 'w').close()", payloads.FIND_IN_TMP)
    ),
    "files of another session": Witness(
        "hidden_sessions",
        after("open('/scratch/secret', 'w').close()", payloads.FIND_SESSIONS),
        ("landlock",),
    ),
    "a database that was not lent": Witness(
        "hidden_postgres", after("print(DSN)", payloads.REACH_POSTGRES, database="postgres")
    ),
    "a file that a sibling holds open": Witness(
        "not_dumpable",
        beside(payloads.HOLD_FILE_OPEN, payloads.READ_ANOTHERS_FILES),
        ("landlock", "user_namespace", "wall_proc"),
    ),
    "a mount by the wall's own right": Witness(
        "user_namespace", prints(payloads.MOUNT), ("capabilities", "landlock", "seccomp")
    ),
    "a mount by a right that was kept": Witness(
        "capabilities", prints(payloads.MOUNT), ("landlock", "seccomp", "user_namespace")
    ),
    "memory without end": Witness("rlimits", prints(payloads.TAKE_400_MEGABYTES)),
    "a look around": Witness("landlock", prints(payloads.LIST_ROOT)),
    "a terminal": Witness("landlock", prints(payloads.OPEN_TERMINAL)),
    "an abstract socket of a sibling": Witness(
        "landlock", beside(payloads.LISTEN_ABSTRACT, payloads.CALL_ABSTRACT), ("seccomp",)
    ),
    "a netlink socket": Witness("seccomp", prints(payloads.NETLINK)),
    "memory in files without a name": Witness("seccomp", prints(payloads.HOARD_MEMFD)),
    "memory as a stack that grows": Witness("seccomp", prints(payloads.GROW_A_STACK)),
    "a second process": Witness("seccomp", prints(payloads.FORK)),
}
# They need something of this host, or of no jail: a test of their own is below.
WITNESSED_BELOW: Final[set[Layer]] = {"wall_network", "wall_processes", "no_new_privs"}


@pytest.fixture
def whole_jail(supervisor_socket: str) -> SandboxClient:
    """As invoked alone: the jails that lack a layer are started so, too."""
    return SandboxClient(supervisor_socket)


def test_every_layer_has_its_witness() -> None:
    assert {witness.layer for witness in WITNESSES.values()} | WITNESSED_BELOW == set(
        get_args(Layer)
    )


async def assert_only_layer(client: SandboxClient, without: Without, witness: Witness) -> None:
    also, lacking = frozenset(witness.also), frozenset({witness.layer, *witness.also})
    without.raise_at_once(*([also] if also else []), lacking)
    assert not await witness.attack(without(*also) if also else client)
    assert await witness.attack(without(*lacking))


@pytest.mark.parametrize("witness", WITNESSES.values(), ids=WITNESSES)
async def test_a_layer_is_what_stops_its_attack(
    whole_jail: SandboxClient, without: Without, witness: Witness
) -> None:
    if witness.layer == "wall_user" and os.geteuid() != 0:
        pytest.skip("the wall of an ordinary user has no root to give up")
    await assert_only_layer(whole_jail, without, witness)


async def test_the_walls_network_is_what_keeps_the_hosts_ports_out_of_reach(
    whole_jail: SandboxClient, without: Without, host_port: int
) -> None:
    attack = prints(payloads.CALL_PORT.replace("PORT", str(host_port)))
    witness = Witness("wall_network", attack, ("landlock", "seccomp"))
    await assert_only_layer(whole_jail, without, witness)


async def test_the_walls_pid_namespace_is_what_keeps_the_hosts_processes_out_of_reach(
    whole_jail: SandboxClient, without: Without, host_process: int
) -> None:
    attack = prints(payloads.SIGNAL_PID.replace("PID", str(host_process)))
    witness = Witness("wall_processes", attack, ("landlock", "pid_namespace"))
    await assert_only_layer(whole_jail, without, witness)


def test_without_no_new_privileges_the_layers_after_it_refuse_to_go_up() -> None:
    """bubblewrap sets it as well, so no jail can be had without; a bare process shows why."""

    def put_up(*steps: str) -> str:
        command = [sys.executable, "-c", payloads.PUT_UP, *steps]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr

    for layer in ("landlock", "seccomp"):
        assert put_up("capabilities", layer).startswith("refused")
        assert put_up("capabilities", "no_new_privs", layer) == "put up"
