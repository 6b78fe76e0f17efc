"""Nobody is reached: not by a network, not by a unix socket but that of one's own database."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from tests.hostile.attacks import beside, escaped, run_outside
from tests.hostile.conftest import Without
from tests.running import run

# A kernel that does not know a family says so (EAFNOSUPPORT, 97): it was asked all the same.
SOCKET = """
import socket
try:
    socket.socket(FAMILY, KIND, PROTOCOL)
except PermissionError:
    print('refused')
except OSError as error:
    print('ESCAPED', error.errno)
else:
    print('ESCAPED')
"""
FAMILIES = {
    "TCP": ("2", "1", "0"),
    "UDP": ("2", "2", "0"),
    "TCP over IPv6": ("10", "1", "0"),
    "UDP over IPv6": ("10", "2", "0"),
    "multipath TCP": ("2", "1", "262"),
    "netlink": ("16", "3", "0"),
    "netlink, of packet filters": ("16", "3", "12"),
    "the kernel's ciphers": ("38", "5", "0"),
    "vsock": ("40", "1", "0"),
    "bluetooth": ("31", "3", "99"),
    "can": ("29", "3", "99"),
    "tipc": ("30", "1", "99"),
    "rds": ("21", "5", "99"),
    "SMC": ("43", "1", "99"),
    "XDP": ("44", "99", "0"),
}
families = pytest.mark.parametrize("words", FAMILIES.values(), ids=FAMILIES)


def payload_of(words: tuple[str, str, str]) -> str:
    family, kind, protocol = words
    with_family = SOCKET.replace("FAMILY", family).replace("KIND", kind)
    return with_family.replace("PROTOCOL", protocol)


@families
async def test_no_socket_of_the_family(
    sandbox_client: SandboxClient, words: tuple[str, str, str]
) -> None:
    assert (await run(sandbox_client, payload_of(words))).stdout == "refused\n"


@families
def test_control_outside_the_kernel_is_asked_for_the_family(
    words: tuple[str, str, str], tmp_path: Path
) -> None:
    assert "ESCAPED" in run_outside(payload_of(words), tmp_path)


@pytest.mark.parametrize("words", [("17", "3", "0"), ("2", "3", "1"), ("10", "3", "58")],
                         ids=["packets", "raw", "raw over IPv6"])  # fmt: skip
async def test_no_raw_socket(
    sandbox_client: SandboxClient, without: Without, words: tuple[str, str, str]
) -> None:
    payload = payload_of(words)
    assert (await run(sandbox_client, payload)).stdout == "refused\n"
    # In the wall's empty network a right to it would be enough.
    allowed = without("capabilities", "landlock", "seccomp", "user_namespace", "wall_capabilities")
    assert escaped(await run(allowed, payload))


CONNECT = """
import asyncio
async def main():
    await asyncio.open_connection('127.0.0.1', PORT)
    print('ESCAPED')
await main()
"""


async def test_a_port_of_the_host_is_not_reached(
    sandbox_client: SandboxClient, without: Without, host_port: int
) -> None:
    payload = CONNECT.replace("PORT", str(host_port))
    assert not escaped(await run(sandbox_client, payload))
    assert not escaped(await run(without("landlock", "seccomp"), payload))
    assert escaped(await run(without("landlock", "seccomp", "wall_network"), payload))


async def test_no_name_is_resolved(sandbox_client: SandboxClient, tmp_path: Path) -> None:
    payload = "import socket\nsocket.getaddrinfo('localhost', 80)\nprint('ESCAPED')"
    assert not escaped(await run(sandbox_client, payload))
    assert "ESCAPED" in run_outside(payload, tmp_path)


UNIX = {
    "binding a path": (
        "import os, socket, tempfile\ns = socket.socket(socket.AF_UNIX)\n"
        "s.bind(os.path.join(tempfile.mkdtemp(), 's'))\nprint('ESCAPED')"
    ),
    "binding an abstract name": (
        "import os, socket\ns = socket.socket(socket.AF_UNIX)\n"
        "s.bind(f'\\0planted{os.getpid()}')\nprint('ESCAPED')"
    ),
    "binding a name of the kernel's choice": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('')\nprint('ESCAPED')"
    ),
    "listening": (
        "import socket\ns, _ = socket.socketpair()\n"
        "try: s.listen()\nexcept PermissionError: raise\nexcept OSError: pass\nprint('ESCAPED')"
    ),
    "accepting": (
        "import socket\ns, _ = socket.socketpair()\n"
        "try: s.accept()\nexcept PermissionError: raise\nexcept OSError: pass\nprint('ESCAPED')"
    ),
    "a name by asking for credentials": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)\nprint('ESCAPED')"
    ),
    "a name by asking for a pidfd": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "try: s.setsockopt(socket.SOL_SOCKET, 76, 1)\n"
        "except PermissionError: raise\nexcept OSError: pass\nprint('ESCAPED')"
    ),
    "a program that filters a socket": (
        "import ctypes, socket, struct\nbuffer = ctypes.create_string_buffer(\n"
        "    struct.pack('HBBI', 6, 0, 0, 0xFFFF))\n"
        "program = struct.pack('HxxxxxxQ', 1, ctypes.addressof(buffer))\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "s.setsockopt(socket.SOL_SOCKET, 26, program)\nprint('ESCAPED')"
    ),
}
unix = pytest.mark.parametrize("payload", UNIX.values(), ids=UNIX)


@unix
async def test_nobody_is_served_by_a_unix_socket(
    sandbox_client: SandboxClient, payload: str
) -> None:
    assert not escaped(await run(sandbox_client, payload))


@unix
def test_control_outside_the_unix_socket_serves(payload: str, tmp_path: Path) -> None:
    assert "ESCAPED" in run_outside(payload, tmp_path)


@pytest.fixture(params=["path", "abstract"])
def host_socket(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a listening unix socket of this host that anybody may connect to."""
    with tempfile.TemporaryDirectory(prefix="host-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - an ordinary user's wall may look
        path = f"{folder}/listener" if request.param == "path" else f"\0host{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            if request.param == "path":
                os.chmod(path, 0o777)  # noqa: S103 - and connect
            listener.listen()
            yield path


async def test_a_unix_socket_of_the_host_is_not_reached(
    sandbox_client: SandboxClient, tmp_path: Path, host_socket: str
) -> None:
    payload = (
        f"import socket\nsocket.socket(socket.AF_UNIX).connect({host_socket!r})\nprint('ESCAPED')"
    )
    assert not escaped(await run(sandbox_client, payload))
    assert "ESCAPED" in run_outside(payload, tmp_path)


LISTEN = """
import socket
listener = socket.socket(socket.AF_UNIX)
try:
    listener.bind('\\0sibling')
    listener.listen()
    listener.settimeout(1)
    print('ready')
    listener.accept()
except OSError as error:
    print(error)
"""
CALL = "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0sibling')\nprint('ESCAPED')"


async def test_a_sibling_is_not_reached_by_an_abstract_name(
    sandbox_client: SandboxClient, without: Without
) -> None:
    attack = beside(LISTEN, CALL)
    assert not await attack(sandbox_client)
    assert not await attack(without("seccomp"))
    assert await attack(without("landlock", "seccomp"))


async def test_a_run_without_postgres_does_not_reach_it(
    sandbox_client: SandboxClient, without: Without
) -> None:
    payload = (
        "import socket\nsocket.socket(socket.AF_UNIX).connect('/pg/.s.PGSQL.5432')\n"
        "print('ESCAPED')"
    )
    for client, expected in ((sandbox_client, False), (without("hidden_postgres"), True)):
        lent = await run(client, "print(DSN)", database="postgres")
        assert lent.finished.outcome == "completed"
        assert escaped(await run(client, payload)) is expected
        assert escaped(await run(client, payload, database="postgres"))
