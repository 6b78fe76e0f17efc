"""Files of the host and of other learner sessions stay out of reach, and nothing is planted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from tests.hostile.attacks import escaped, run_outside
from tests.hostile.conftest import Without
from tests.running import new_id, run

HOST_FILES = {
    "by its path": "print('ESCAPED' if open('/etc/passwd').read() else '')",
    "by climbing": "print('ESCAPED' if open('../' * 20 + 'etc/passwd').read() else '')",
    "by climbing from a library": (
        "import os\nplace = os.path.dirname(os.__file__) + '/..' * 20\n"
        "print('ESCAPED' if open(place + '/etc/passwd').read() else '')"
    ),
    "by a symlink": (
        "import os\nos.symlink('/etc/passwd', 'link')\n"
        "print('ESCAPED' if open('link').read() else '')"
    ),
    "by a symlink to the root": (
        "import os\nos.symlink('/', 'root')\n"
        "print('ESCAPED' if open('root/etc/passwd').read() else '')"
    ),
    "by a descriptor of the root": (
        "import os\nroot = os.open('/', os.O_PATH)\n"
        "print('ESCAPED' if os.open('etc/passwd', os.O_RDONLY, dir_fd=root) else '')"
    ),
    "by listing the root": "import os\nprint('ESCAPED' if os.listdir('/') else '')",
    "by its size alone": "import os\nprint('ESCAPED' if os.stat('/etc/passwd').st_size else '')",
    "by proc": "print('ESCAPED' if open('/proc/self/maps').read() else '')",
    "by sysfs": "import os\nprint('ESCAPED' if os.listdir('/sys') else '')",
    "by a database file": (
        "import sqlite3\nconnection = sqlite3.connect(':memory:')\n"
        "try:\n    connection.execute(\"ATTACH 'file:/etc/passwd?mode=ro' AS host\")\n"
        "    connection.execute('SELECT * FROM host.sqlite_master')\n"
        "except sqlite3.DatabaseError as error:\n"
        "    print('ESCAPED' if 'not a database' in str(error) else error)"
    ),
    "by listing the devices": "import os\nprint('ESCAPED' if os.listdir('/dev') else '')",
}
host_files = pytest.mark.parametrize("payload", HOST_FILES.values(), ids=HOST_FILES)


@host_files
async def test_a_host_file_is_not_found(sandbox_client: SandboxClient, payload: str) -> None:
    ran = await run(sandbox_client, payload)
    assert not escaped(ran)
    assert ran.finished.outcome in ("completed", "raised")


@host_files
def test_control_outside_the_host_file_is_found(payload: str, tmp_path: Path) -> None:
    assert "ESCAPED" in run_outside(payload, tmp_path)


PLANT = """
import glob, os, shutil, sys, tempfile
outside = not os.path.isdir('/opt/site')
folder = tempfile.mkdtemp() if outside else PLACE
open(os.path.join(folder, 'planted.py'), 'w').close()
print('ESCAPED')
"""


@pytest.mark.parametrize(
    "place",
    ["'/opt/site'", "'/opt/app/sandbox'", "os.path.dirname(os.__file__)", "'/usr/lib'", "'/'",
     "'/dev'", "'/dev/shm'", "'/pg'", "'/sessions'"],
)  # fmt: skip
async def test_nothing_is_planted_for_the_next_run(
    sandbox_client: SandboxClient, tmp_path: Path, place: str
) -> None:
    payload = PLANT.replace("PLACE", place)
    assert not escaped(await run(sandbox_client, payload))
    assert "ESCAPED" in run_outside(payload, tmp_path)


@pytest.mark.parametrize("target", ["/opt/app/sandbox/protocol.py", "/etc/ld.so.cache"])
async def test_no_hardlink_to_a_file_that_is_not_mine(
    sandbox_client: SandboxClient, target: str
) -> None:
    link = "import os\nos.link(TARGET, 'mine')\nprint('ESCAPED')"
    assert not escaped(await run(sandbox_client, link.replace("TARGET", repr(target))))
    own = "open('own', 'w').close()\n" + link.replace("TARGET", "'own'")
    assert escaped(await run(sandbox_client, own))


OTHERS_FILES = {
    "by the name of its directory": (
        "import glob\nprint('ESCAPED' if glob.glob('/sessions/*/secret') else '')"
    ),
    "by climbing": "import glob\nprint('ESCAPED' if glob.glob('../sessions/*/secret') else '')",
    "by a temporary file": "import os\nprint('ESCAPED' if os.path.exists('/tmp/secret') else '')",
    "by attaching its database": (
        "import glob, sqlite3\nconnection = sqlite3.connect(':memory:')\n"
        "for path in [*glob.glob('/sessions/*/playground.db'), DSN]:\n"
        "    connection.execute(f\"ATTACH '{path}' AS other\")\n"
        "    names = connection.execute('SELECT name FROM other.sqlite_master').fetchall()\n"
        "    print('ESCAPED' if ('secrets',) in names else '')\n"
        "    connection.execute('DETACH other')"
    ),
}
LEAVE_FILES = """
import sqlite3
for place in ('/scratch/secret', '/tmp/secret'):
    open(place, 'w').close()
with sqlite3.connect(DSN) as connection:
    connection.execute('CREATE TABLE IF NOT EXISTS secrets (id integer)')
"""


@pytest.mark.parametrize("payload", OTHERS_FILES.values(), ids=OTHERS_FILES)
async def test_another_sessions_file_is_not_found(
    sandbox_client: SandboxClient, without: Without, payload: str
) -> None:
    open_jail = without("hidden_sessions", "landlock", "private_tmp")
    for client, expected in ((sandbox_client, False), (open_jail, True)):
        left = await run(client, LEAVE_FILES, session=new_id("alice"), database="sqlite")
        assert left.finished.outcome == "completed", left.stderr
        found = await run(client, payload, session=new_id("bob"), database="sqlite")
        assert escaped(found) is expected


async def test_the_same_path_holds_ones_own_file(sandbox_client: SandboxClient) -> None:
    alice = new_id("alice")
    await run(sandbox_client, "open('/scratch/secret', 'w').close()", session=alice)
    look = "import os\nprint('ESCAPED' if os.path.exists('/scratch/secret') else '')"
    assert not escaped(await run(sandbox_client, look, session=new_id("bob")))
    assert escaped(await run(sandbox_client, look, session=alice))


async def test_no_device_opens_but_the_harmless(sandbox_client: SandboxClient) -> None:
    code = """
import os
for name in ('null', 'zero', 'full', 'random', 'urandom', 'mem', 'kmem', 'port', 'kvm', 'fuse',
             'net/tun', 'ptmx', 'tty', 'console', 'pts/0', 'vda', 'sda', 'loop0', 'kmsg', 'shm/x'):
    try:
        os.close(os.open(f'/dev/{name}', os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        continue
    print(name, end=' ')
"""
    assert (await run(sandbox_client, code)).stdout == "null zero full random urandom "


FIND_DESCRIPTORS = """
import os, stat
found = {}
for number in range(4096):
    try:
        found[number] = stat.filemode(os.fstat(number).st_mode)[0]
    except OSError:
        pass
print(found)
"""


async def test_no_descriptor_is_inherited_but_its_own(
    sandbox_client: SandboxClient, tmp_path: Path
) -> None:
    """Input from nowhere, two outputs and the telemetry: the job's socket is closed by then.
    Far above, the pipes of the heartbeat: pings and answers.
    """
    ran = await run(sandbox_client, FIND_DESCRIPTORS)
    pipes = "250: 'p', 251: 'p'"
    assert ran.stdout == f"{{0: 'c', 1: 'p', 2: 'p', 4: 'p', {pipes}}}\n"
    inherited = os.open(tmp_path, os.O_RDONLY)
    assert f"{inherited}: 'd'" in run_outside(FIND_DESCRIPTORS, tmp_path, pass_fds=[inherited])
    os.close(inherited)
