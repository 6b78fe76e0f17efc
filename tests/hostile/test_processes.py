"""Code that may start processes stays within one run: their number, memory and life are bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import INHERITED_BYTES, PROFILES, Output, RunRequest
from tests.conftest import serving
from tests.running import Ran, new_id, run

pytestmark = pytest.mark.hostile

LIMITS = PROFILES["processes"]
MIB = 1024 * 1024
FORK = "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nprint('FORKED')"


@pytest.fixture(scope="module")
def roomy_client(pytestconfig: pytest.Config) -> Iterator[SandboxClient]:
    """A supervisor with places enough for two such runs and others beside them."""
    with serving(pytestconfig, "tests.hostile.ablated", "--most-running", "12") as socket_path:
        yield SandboxClient(socket_path)


async def test_only_the_processes_profile_may_fork(sandbox_client: SandboxClient) -> None:
    for profile in ("default", "heavy"):
        ran = await run(sandbox_client, FORK, profile=profile)
        assert ran.finished.error is not None
        assert ran.finished.error.type == "PermissionError"
    assert (await run(sandbox_client, FORK, profile="processes")).stdout == "FORKED\n"


POOLS = """
import asyncio, multiprocessing
from concurrent.futures import ProcessPoolExecutor

def square(number):
    return number * number

async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(3) as pool:
        return await asyncio.gather(*[loop.run_in_executor(pool, square, n) for n in range(5)])

print(asyncio.run(main()))
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(pool.map(square, range(5)))
"""


async def test_pools_of_processes_work(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, POOLS, profile="processes")
    assert ran.stdout == "[0, 1, 4, 9, 16]\n" * 2, ran.stderr
    assert (await run(sandbox_client, POOLS)).finished.outcome == "raised"


async def test_what_forks_print_arrives_in_whole_lines(sandbox_client: SandboxClient) -> None:
    code = (
        "import os\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        for _ in range(50): print('a' * 9, 'b' * 9)\n"
        "        print('the end', end='')\n"
        "        raise SystemExit\n"
        "for _ in range(5): os.wait()\n"
        "'value of the first'"
    )
    ran = await run(sandbox_client, code, profile="processes")
    assert ran.finished.outcome == "completed"
    text = ran.stdout.replace("the end", "")
    assert text == "aaaaaaaaa bbbbbbbbb\n" * 250
    assert ran.stdout.count("the end") == 5
    assert ran.value.text == "'value of the first'"


BOMB = """
import os, signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.write(1, b'alive\\n')
while True:
    try:
        if os.fork() == 0:
            os.write(1, b'alive\\n')
    except OSError:
        pass
"""


async def explode(client: SandboxClient, request: RunRequest) -> AsyncIterator[Ran]:
    """What the bomb has sent so far, batch for batch."""
    events = []
    async for batch in client.stream(request):
        events += batch
        yield Ran(events)


async def test_two_fork_bombs_are_bounded_and_others_go_on(roomy_client: SandboxClient) -> None:
    requests = [
        RunRequest(run_id=new_id("bomb"), code=BOMB, profile="processes", wall_seconds=30)
        for _ in range(2)
    ]
    full = [asyncio.Event() for _ in requests]

    async def blow(request: RunRequest, is_full: asyncio.Event) -> Ran:
        async for ran in explode(roomy_client, request):
            if ran.stdout.count("alive") >= LIMITS.process_count:
                is_full.set()
        return ran

    bombs = [
        asyncio.create_task(blow(request, event))
        for request, event in zip(requests, full, strict=True)
    ]
    async with asyncio.timeout(20):
        await asyncio.gather(*(event.wait() for event in full))
        others = [await run(roomy_client, f"print({number})") for number in range(5)]
    assert not any(bomb.done() for bomb in bombs)
    assert [ran.stdout for ran in others] == [f"{number}\n" for number in range(5)]
    for request in requests:
        await roomy_client.cancel(request.run_id)
    for bomb in await asyncio.gather(*bombs):
        assert bomb.finished.outcome == "cancelled"
        assert bomb.stdout == "alive\n" * LIMITS.process_count
    assert (await run(roomy_client, FORK, profile="processes")).stdout == "FORKED\n"


async def test_a_bomb_that_does_not_look_hits_its_own_limit(sandbox_client: SandboxClient) -> None:
    ran = await run(sandbox_client, "import os\nwhile True: os.fork()", profile="processes")
    assert ran.finished.outcome == "process_limit"
    assert f"({LIMITS.process_count}," in ran.finished.message


HOARD = """
import os, signal, time
children = []
for _ in range({forks}):
    pid = os.fork()
    if pid == 0:
        break
    children.append(pid)
held = 0
hoard = []
try:
    while held < 2000:
        hoard.append(bytearray(b'x') * 1_000_000)
        held += 1
except MemoryError:
    os.write(1, b'%d\\n' % held)
time.sleep(0.7)  # all at the same time
if not children: os._exit(0)
for pid in children: os.waitpid(pid, 0)
"""


async def test_the_memory_of_all_processes_is_one_budget(sandbox_client: SandboxClient) -> None:
    code = HOARD.format(forks=LIMITS.process_count - 1)
    ran = await run(sandbox_client, code, profile="processes")
    held = [int(line) * 1_000_000 for line in ran.stdout.split()]
    assert len(held) == LIMITS.process_count
    # What the libraries were counted for, and do not use, each may fill as well.
    assert sum(held) <= LIMITS.memory_bytes + LIMITS.process_count * INHERITED_BYTES // 2
    assert min(held) >= 10 * MIB
    alone = await run(sandbox_client, HOARD.format(forks=0))
    assert int(alone.stdout) * 1_000_000 > 2 * max(held)


DAEMON = """
import os, time
if os.fork() == 0:
    try: os.setsid()
    except OSError: pass
    if os.fork() == 0:
        for number in range(3, 64):
            try: os.close(number)
            except OSError: pass
        while True:
            with open('beat', 'a') as file: file.write('x')
            time.sleep(0.01)
    os._exit(0)
os.wait()
while not os.path.exists('beat') or os.path.getsize('beat') < 3: time.sleep(0.01)
print('beating')
"""


async def test_a_daemon_does_not_outlive_the_run(sandbox_client: SandboxClient) -> None:
    session = new_id("daemon")
    ran = await run(sandbox_client, DAEMON, profile="processes", session=session)
    assert (ran.stdout, ran.finished.outcome) == ("beating\n", "completed")
    assert ran.finished.wall_us < 5_000_000  # the daemon holds stdout, and nobody waits for it
    watch = (
        "import os, time\nbefore = os.path.getsize('beat')\ntime.sleep(0.3)\n"
        "print(os.path.getsize('beat') - before)"
    )
    assert (await run(sandbox_client, watch, session=session)).stdout == "0\n"


async def test_signals_of_forks_reach_nobody_else(sandbox_client: SandboxClient) -> None:
    neighbour = asyncio.create_task(
        run(sandbox_client, "import time\nprint('up')\ntime.sleep(1)\nprint('alive')")
    )
    await asyncio.sleep(0.2)
    code = (
        "import os, signal\n"
        "if os.fork() == 0:\n"
        "    os.kill(-1, signal.SIGKILL)\n"
        "    os.kill(0, signal.SIGKILL)\n"
        "os.wait()\nprint('first of all')"
    )
    ran = await run(sandbox_client, code, profile="processes")
    assert ran.stdout == "first of all\n"
    assert (await neighbour).stdout == "up\nalive\n"


async def test_shared_memory_is_small_and_the_runs_own(sandbox_client: SandboxClient) -> None:
    fill = "import os\nopen('/dev/shm/planted', 'wb').write(bytes({size}))\nprint('written')"
    planted = await run(sandbox_client, fill.format(size=500_000), profile="processes")
    found = await run(
        sandbox_client, "import os\nprint(os.listdir('/dev/shm'))", profile="processes"
    )
    large = await run(sandbox_client, fill.format(size=2_000_000), profile="processes")
    default = await run(sandbox_client, fill.format(size=1))
    assert (planted.stdout, found.stdout) == ("written\n", "[]\n")
    assert large.finished.outcome == "disk_limit"
    assert default.finished.outcome == "raised"


async def test_a_fork_cannot_forge_the_end_of_the_run(sandbox_client: SandboxClient) -> None:
    code = "import os\nif os.fork() == 0:\n    1 / 0\nos.wait()\nprint('whole')\n7"
    ran = await run(sandbox_client, code, profile="processes")
    assert "ZeroDivisionError" in ran.stderr
    assert (ran.finished.outcome, ran.finished.error) == ("completed", None)
    assert (ran.stdout, ran.value.text) == ("whole\n", "7")


async def test_workers_do_not_fork_as_well(sandbox_client: SandboxClient) -> None:
    with pytest.raises(SandboxUnavailable, match="one worker"):
        await run(sandbox_client, FORK, profile="processes", workers=2)


async def test_output_of_forks_counts_against_the_run(sandbox_client: SandboxClient) -> None:
    code = "import os\nfor _ in range(3): os.fork()\nwhile True: print('x' * 1000)"
    ran = await run(sandbox_client, code, profile="processes")
    assert ran.finished.outcome == "output_limit"
    size = sum(len(event.text) for event in ran.events if isinstance(event, Output))
    assert size <= LIMITS.output_bytes
