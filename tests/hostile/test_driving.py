"""A run that serves: its one socket opens no other door, and its answers and lies are bounded.

Each attack has its control: outside the jail it works, or the honest code beside it is believed.
"""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox.client import SandboxClient
from sandbox.protocol import (
    MAX_BODY_BYTES,
    MAX_RESPONSES_BYTES,
    DrivenRequest,
    Phase,
    Read,
    RunRecord,
    RunRequest,
)
from tests.hostile.attacks import run_outside
from tests.running import new_id, run

HELLO = """
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
async def hello():
    return "hello"
"""
ONE = [Phase("one", [DrivenRequest()])]


async def drive(
    client: SandboxClient, code: str, phases: list[Phase] = ONE, **fields: Any
) -> RunRecord:
    request = RunRequest(run_id=new_id("driven"), code=code, phases=phases, **fields)
    return await client.record(request)


# The number of the socket that was handed in; outside it is any.
PLACED = "import os, socket, tempfile\nLISTENER = 252\n"
DOORS = {
    "binding a path": (
        "s = socket.socket(socket.AF_UNIX)\ns.bind(os.path.join(tempfile.mkdtemp(), 's'))"
    ),
    "binding an abstract name": (
        "s = socket.socket(socket.AF_UNIX)\ns.bind(f'\\0planted{os.getpid()}')"
    ),
    "asking for credentials": (
        "s = socket.socket(socket.AF_UNIX)\ns.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)"
    ),
    "a name of the kernel's choice, in the listener's place": (
        "s = socket.socket(socket.AF_UNIX)\n"
        "try: s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)\n"
        "except PermissionError: pass\n"
        "try: s.connect('\\0nobody')\nexcept OSError: pass\n"
        "os.dup2(s.fileno(), LISTENER)\ns = socket.socket(fileno=LISTENER)\ns.listen()"
    ),
    "listening elsewhere": (
        "s, _ = socket.socketpair()\n"
        "try: s.listen()\nexcept PermissionError: raise\nexcept OSError: pass"
    ),
    "accepting elsewhere": (
        "s, _ = socket.socketpair()\n"
        "try: s.accept()\nexcept PermissionError: raise\nexcept OSError: pass"
    ),
    "a network": "s = socket.socket(socket.AF_INET)\ns.bind(('127.0.0.1', 0))",
}
doors = pytest.mark.parametrize("payload", DOORS.values(), ids=DOORS)


@doors
async def test_serving_opens_no_other_door(sandbox_client: SandboxClient, payload: str) -> None:
    seen = await drive(sandbox_client, f"{PLACED}{payload}\nprint('ESCAPED')")
    assert seen.outcome == "raised"
    assert seen.error is not None
    assert seen.error.type in ("PermissionError", "OSError"), seen.error
    assert "ESCAPED" not in seen.stdout


@doors
def test_control_outside_the_door_opens(payload: str, tmp_path: Path) -> None:
    assert "ESCAPED" in run_outside(f"{PLACED}{payload}\nprint('ESCAPED')", tmp_path)


RAW = """
import os, socket, time
os.write(253, b"s")
listener = socket.socket(fileno=252)
listener.listen()
def answer(send):
    while True:
        connection, _ = listener.accept()
        connection.recv(65536)
        try: send(connection)
        except OSError: pass
        connection.close()
"""


async def test_only_a_run_with_requests_may_listen(sandbox_client: SandboxClient) -> None:
    code = RAW + "answer(lambda c: c.sendall(b'HTTP/1.1 204 Yes\\r\\n\\r\\n'))"
    seen = await drive(sandbox_client, code, wall_seconds=8)
    assert (seen.responses[0].status, seen.responses[0].problem) == (204, "")
    # The same without requests: nothing was handed in, and no number may be listened on.
    dup = (
        "import os, socket\ns, _ = socket.socketpair()\nos.dup2(s.fileno(), 252); os.dup2(1, 253)\n"
    )
    ran = await run(sandbox_client, dup + RAW)
    assert "PermissionError" in ran.stderr


FIND = """
import os, socket
def connects(address):
    with socket.socket(socket.AF_UNIX) as s:
        try: s.connect(address)
        except OSError: return False
    return True
names = [NAME] + [f'/proc/self/fd/{n}/' + NAME.rsplit('/', 1)[1] for n in range(300)]
for root, folders, files in os.walk('/'):
    names += [os.path.join(root, name) for name in files if name == NAME.rsplit('/', 1)[1]]
print('ESCAPED' if any(map(connects, names)) else 'not found', len(names))
"""


SLOW = (
    HELLO
    + """
import asyncio, socket
own = socket.socket(fileno=252)
print(own.getsockname())
own.detach()

@app.get("/slow")
async def slow():
    await asyncio.sleep(3)
"""
)


async def test_the_socket_of_another_run_is_not_reached(sandbox_client: SandboxClient) -> None:
    phases = [Phase("slow", [DrivenRequest(path="/slow")])]
    driving = asyncio.create_task(drive(sandbox_client, SLOW, phases))
    await asyncio.sleep(1)
    reached = list_reached()
    other = await run(sandbox_client, FIND.replace("NAME", repr(str(reached[0]))))
    seen = await driving
    assert seen.responses[0].status == 200
    name = seen.stdout.strip()
    assert name.startswith("/proc/self/fd/")  # no path of the host's
    assert name.rsplit("/", 1)[1] in {path.name for path in reached}  # the control
    assert other.stdout.startswith("not found"), other.stdout
    assert {path.parent.stat().st_mode & 0o777 for path in reached} == {0o700}


def list_reached() -> list[Path]:
    """Sockets of runs that the host itself may connect to."""
    return [path for path in Path("/tmp").glob("*/serving/*") if connects(path)]


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


FLOODS = {
    "headers without end": (
        "c.sendall(b'HTTP/1.1 200 OK\\r\\n')\n"
        "    while True: c.sendall(b'x-a: ' + b'y' * 500 + b'\\r\\n')",
        "not HTTP",
    ),
    "a body without end": (
        "c.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n    while True: c.sendall(b'y' * 60000)",
        "too large",
    ),
    "chunks of one byte": (
        "c.sendall(b'HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n')\n"
        "    while True: c.sendall(b'1\\r\\ny\\r\\n' * 8000)",
        "too large",
    ),
    "go on without end": (
        "while True: c.sendall(b'HTTP/1.1 100 Continue\\r\\n\\r\\n' * 1000)",
        "too large",
    ),
    "more headers than anybody needs": (
        "c.sendall(b'HTTP/1.1 200 OK\\r\\n' + b'a: b\\r\\n' * 1000 + b'\\r\\n')",
        "too large",
    ),
    "no HTTP": ("c.sendall(b'\\xff\\x00' * 9000)", "not HTTP"),
    "a byte now and then": (
        "for b in b'HTTP/1.1 200 OK\\r\\n' * 50: time.sleep(0.05); c.sendall(bytes([b]))",
        "timed out",
    ),
    "nothing": ("time.sleep(100)", "timed out"),
    "less than announced": (
        "c.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-length: 9\\r\\n\\r\\nyy')",
        "connection closed",
    ),
}


@pytest.mark.parametrize(("payload", "problem"), FLOODS.values(), ids=FLOODS)
async def test_an_answer_is_bounded_in_bytes_and_time(
    sandbox_client: SandboxClient, payload: str, problem: str
) -> None:
    phases = [Phase("flood", [DrivenRequest()] * 20, timeout_seconds=1.0)]
    code = RAW + f"import threading\ndef send(c):\n    {payload}\n"
    code += "for _ in range(20): threading.Thread(target=answer, args=(send,), daemon=True).start()"
    code += "\nsocket.socket(fileno=253).recv(1)"  # until it is told to stop
    began = time.monotonic()
    driving = asyncio.create_task(drive(sandbox_client, code, phases, wall_seconds=6))
    await asyncio.sleep(0.3)
    beside = await run(sandbox_client, "print('untouched')")
    seen = await driving
    assert time.monotonic() - began < 15
    assert {response.problem for response in seen.responses} <= {problem, "timed out"}
    assert problem in {response.problem for response in seen.responses}
    assert len(msgspec.msgpack.encode(seen.responses)) < MAX_RESPONSES_BYTES + 64 * 1024
    assert all(len(response.body.encode()) <= MAX_BODY_BYTES for response in seen.responses)
    assert beside.stdout == "untouched\n"


async def test_answers_that_are_many_and_long_are_cut(sandbox_client: SandboxClient) -> None:
    code = HELLO + "@app.get('/long')\nasync def long(): return 'ü' * 100_000\n"
    phases = [Phase("long", [DrivenRequest(path="/long")] * 30)]
    seen = await drive(sandbox_client, code, phases)
    assert {(response.status, response.problem) for response in seen.responses} == {(200, "")}
    assert {response.body_bytes for response in seen.responses} == {200_002}
    kept = [len(response.body.encode()) for response in seen.responses]
    assert MAX_BODY_BYTES - 4 <= max(kept) <= MAX_BODY_BYTES
    assert 0 < sum(kept) <= MAX_RESPONSES_BYTES


FORGE = """
import msgspec, os
def forge(*events):
    body = msgspec.msgpack.encode(list(events))
    os.write(4, len(body).to_bytes(4, "big") + body)
for kind in ("response", "phase", "aftermath", "rows", "statement", "lag", "witness", "finished"):
    forge([kind, 0, {"phase": "one", "name": "names", "number": 1, "status": 200, "body": "forged",
                     "rows": 7, "idle_in_transaction": 0, "calibration_us": 999_999_999,
                     "duration_us": 1, "statement": "forged"}])
forge(["sql", 0, {"statement": "forged", "driver": "asyncpg"}])
"""
LOCKED = """
import asyncpg, time
kept = []
@app.get("/held")
async def held():
    connection = await asyncpg.connect(DSN)
    await connection.execute("BEGIN")
    await connection.execute("INSERT INTO names VALUES ('true')")
    kept.append(connection)
    time.sleep(0.3)
    return "true"
"""
HELD = [Phase("one", [DrivenRequest(path="/held")])]
NAMES = "CREATE TABLE names (name text); INSERT INTO names VALUES ('seed')"


@pytest.mark.parametrize("lie", ["", FORGE], ids=["honest", "forged"])
async def test_forged_telemetry_changes_nothing_that_counts(
    sandbox_client: SandboxClient, lie: str
) -> None:
    seen = await drive(
        sandbox_client, lie + HELLO + LOCKED, HELD, database="postgres", seed=NAMES,
        session=new_id("session"), reads=[Read("names", "SELECT name FROM names")],
    )  # fmt: skip
    (response,) = seen.responses
    assert (response.status, response.body, response.problem) == (200, '"true"', "")
    assert response.ended_us - response.began_us > 300_000
    assert seen.longest_lag_us > 250_000
    assert seen.idle_in_transaction == 1
    assert seen.statements is not None
    # The server's clock has milliseconds: two within one are in either order.
    assert {s.text for s in seen.statements if s.phase} == {
        "BEGIN",
        "INSERT INTO names VALUES ('true')",
    }
    assert seen.rows[0].rows == [["seed"]]
    assert len(seen.phases) == 1
    assert seen.calibration_us < 999_999_999


PLANT = """
import os, pathlib, sqlite3
for name in ("sqlite3", "psycopg", "msgspec", "sitecustomize", "encodings", "json"):
    pathlib.Path(f"{name}.py").write_text("raise SystemExit('planted')")
os.environ["PYTHONPATH"] = os.getcwd()
"""


async def test_what_is_planted_does_not_reach_the_child_that_reads(
    sandbox_client: SandboxClient,
) -> None:
    code = HELLO + PLANT
    seen = await drive(
        sandbox_client, code, database="sqlite", seed=NAMES, session=new_id("session"),
        reads=[Read("names", "SELECT name FROM names")],
    )  # fmt: skip
    assert seen.rows[0].rows == [["seed"]]
    assert seen.calibration_us > 0


async def test_a_file_that_is_no_database_is_a_problem_of_its_own(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        HELLO + "import os\nos.unlink(DSN)\nopen(DSN, 'wb').write(b'SQLite format 3' + b'x' * 9000)"
    )
    seen = await drive(
        sandbox_client, code, database="sqlite", seed=NAMES,
        reads=[Read("names", "SELECT name FROM names"), Read("more", "SELECT 1")],
    )  # fmt: skip
    assert seen.rows[0].problem
    assert seen.outcome == "completed"
    fifo = await drive(
        sandbox_client, HELLO + "import os\nos.unlink(DSN)\nos.symlink('/dev/zero', DSN)",
        database="sqlite", seed=NAMES, reads=[Read("names", "SELECT name FROM names")],
    )  # fmt: skip
    assert fifo.rows[0].problem


SHADOW = (
    HELLO
    + """
import asyncpg
connection = await asyncpg.connect(DSN)
await connection.execute('''
    CREATE SCHEMA mine; CREATE TABLE mine.names AS SELECT 'forged'::text AS name;
''')
await connection.execute(f"ALTER ROLE {DSN.split('//')[1].split(':')[0]} SET search_path = mine")
await connection.execute(f"ALTER ROLE {DSN.split('//')[1].split(':')[0]} SET statement_timeout = 0")
await connection.close()
again = await asyncpg.connect(DSN)
print(await again.fetchval("SELECT name FROM names"))
await again.close()
"""
)


async def test_settings_of_the_role_do_not_reach_the_child_that_reads(
    sandbox_client: SandboxClient,
) -> None:
    seen = await drive(
        sandbox_client, SHADOW, database="postgres", seed=NAMES, session=new_id("session"),
        reads=[Read("names", "SELECT name FROM names"), Read("long", "SELECT pg_sleep(60)")],
    )  # fmt: skip
    assert seen.stdout == "forged\n"  # the control: any other connection is led astray
    assert seen.rows[0].rows == [["seed"]]
    assert "timeout" in seen.rows[1].problem


async def test_a_flood_of_statements_does_not_hide_those_of_a_phase(
    sandbox_client: SandboxClient,
) -> None:
    code = (
        HELLO
        + """
import asyncpg, time
connection = await asyncpg.connect(DSN)
for _ in range(4200):
    await connection.execute("SELECT 1")
await connection.close()

@app.get("/block")
async def block():
    time.sleep(0.3)
"""
    )
    phases = [Phase("block", [DrivenRequest(path="/block")])]
    seen = await drive(sandbox_client, code, phases, database="postgres", wall_seconds=30)
    assert seen.statements is not None
    assert seen.statement_count is not None
    assert seen.statement_count >= 4200
    assert seen.lost == seen.statement_count - len(seen.statements) > 0
    (block,) = seen.phases
    assert any(
        lag.duration_us > 250_000 and block.began_us <= lag.at_us <= block.ended_us
        for lag in seen.lags
    )


@pytest.mark.parametrize(
    "payload",
    [
        "import os\nos.close(252)",
        "import os\nos.close(253)",
        "import sandbox.inside.serving as s\ns._is_wanted = False",
        "import uvicorn\nuvicorn.Server = None",
    ],
)
async def test_taking_the_serving_apart_ends_nobody_elses_run(
    sandbox_client: SandboxClient, payload: str
) -> None:
    seen = await drive(sandbox_client, HELLO + payload, wall_seconds=8)
    assert seen.outcome in ("completed", "raised", "timed_out")
    assert (await drive(sandbox_client, HELLO)).responses[0].body == '"hello"'
