"""No secret of the host, of the runner or of another learner is in a child's reach."""

from __future__ import annotations

import re
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.client import SandboxClient
from sandbox.host.supervisor import Supervisor
from sandbox.protocol import RunRequest
from tests.hostile.attacks import run_outside
from tests.hostile.memory import scan_for, scan_for_own_password
from tests.running import Ran, new_id, run

RUNS_UNTIL_FORKED_LATER = 6  # more than are parked: the last of them is forked after the secret


def count_found(ran: Ran) -> int:
    """How often the secret was found, by a run that looked through a fair share of memory."""
    told = re.fullmatch(r"found (\d+)\nmegabytes (\d+)\n", ran.stdout)
    assert told, ran.stdout + ran.stderr
    assert int(told[2]) > 30
    return int(told[1])


async def test_nothing_of_an_earlier_learner_is_left_in_memory(
    sandbox_client: SandboxClient,
) -> None:
    secret = f"marker-{secrets.token_hex(12)}"
    first = (
        f"import os\nsecret = {secret!r}\nhoard = [secret * 1000 for _ in range(1000)]\n"
        "os.environ['SECRET'] = secret\nopen('file', 'w').write(secret * 1000)\nprint(len(hoard))"
    )
    for _ in range(2):
        left = await run(sandbox_client, first, session=new_id("alice"), seed=f"-- {secret}")
        assert left.stdout == "1000\n"
    for _ in range(RUNS_UNTIL_FORKED_LATER):
        ran = await run(sandbox_client, scan_for(secret), session=new_id("bob"))
        assert count_found(ran) == 0
    control = f"secret = {secret!r}\n" + scan_for(secret)
    assert count_found(await run(sandbox_client, control)) > 0


async def test_the_zygotes_own_heap_is_looked_through(sandbox_client: SandboxClient) -> None:
    """The control of the others: what the zygote holds, every child finds."""
    ran = await run(sandbox_client, scan_for("Import what learners import and run"))
    assert count_found(ran) > 0


class Host(NamedTuple):
    """A supervisor in this very process, with a secret of ours around it."""

    supervisor: Supervisor
    directory: Path
    secret: str

    async def run(self, code: str) -> Ran:
        request = RunRequest(run_id=new_id("run"), code=code, database="postgres")
        return Ran([event async for batch in self.supervisor.run(request) for event in batch])


@pytest.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    """Everything a host knows is in its environment, its memory or its run directory."""
    secret = f"secret-{secrets.token_hex(12)}"
    monkeypatch.setenv("CONTROL_SECRET", secret)
    with tempfile.TemporaryDirectory(prefix="secret-", dir="/tmp") as folder:
        supervisor = Supervisor(Path(folder))
        await supervisor.start("full")
        try:
            yield Host(supervisor, Path(folder), secret)
        finally:
            await supervisor.stop()


async def test_no_secret_of_the_host_is_in_memory(host: Host) -> None:
    other = await host.run("print(DSN)")
    others_password = re.findall(r":(\w+)@", other.stdout)[0]
    administrators = (host.directory / "secret" / "password").read_text("ascii").strip()
    assert len(administrators) > 20
    for secret in (host.secret, administrators, others_password, str(host.directory)):
        assert count_found(await host.run(scan_for(secret))) == 0
    assert count_found(await host.run(scan_for_own_password())) > 0


ENVIRONMENT = """
import ctypes, os
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
names = []
while environ[len(names)]:
    names.append(environ[len(names)].partition(b'=')[0].decode())
print(sorted(names) == sorted(os.environ), *sorted(names))
"""


async def test_the_environment_holds_nothing_of_the_hosts(
    sandbox_client: SandboxClient, tmp_path: Path
) -> None:
    ran = await run(sandbox_client, ENVIRONMENT, database="sqlite")
    assert ran.stdout == "True DATABASE_URL DSN HOME LANG PATH TMPDIR TZ\n"
    assert "CONTROL_SECRET" in run_outside(ENVIRONMENT, tmp_path)


async def test_the_command_line_holds_nothing_but_what_every_jail_has(
    sandbox_client: SandboxClient, tmp_path: Path
) -> None:
    code = "import sys\nprint(sys.orig_argv, sys.argv, sys.path, sys.executable)"
    ran = await run(sandbox_client, code)
    assert '"level":"full"' in ran.stdout
    paths = set(re.findall(r"/[\w./-]+", ran.stdout))
    shown = ("/opt", "/usr", "/lib", "/etc/ld.so.cache", "/etc/mime.types", "/dev", "/pg")
    assert all(path.startswith(shown) for path in paths), paths
    assert sys.executable in run_outside(code, tmp_path)
