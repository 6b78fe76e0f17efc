"""A cell's application, asked from outside: what it answers, when, and what it leaves behind."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from sandbox.client import SandboxClient, SandboxUnavailable
from sandbox.protocol import DrivenRequest, Phase, Read, Response, RunRecord, RunRequest
from tests.running import new_id

pytestmark = pytest.mark.integration

APP = """
import asyncio, time
from fastapi import FastAPI
app = FastAPI()

@app.get("/good")
async def good():
    await asyncio.sleep(0.05)
    return {"answer": 42}

@app.get("/block")
async def block():
    time.sleep(0.05)
    return {"answer": 42}

@app.get("/thread")
def thread():
    time.sleep(0.05)
    return {"answer": 42}
"""


def phase(path: str, count: int = 1, **fields: Any) -> Phase:
    name = fields.pop("name", path)
    return Phase(name, [DrivenRequest(path=path)] * count, **fields)


async def record(client: SandboxClient, code: str, *phases: Phase, **fields: Any) -> RunRecord:
    """One run's record. ``fields`` are those of RunRequest."""
    request = RunRequest(run_id=new_id("driven"), code=code, phases=list(phases), **fields)
    return await client.record(request)


def of(record: RunRecord, name: str) -> list[Response]:
    return [response for response in record.responses if response.phase == name]


def longest_us(responses: Sequence[Response]) -> int:
    return max(response.ended_us - response.began_us for response in responses)


def problems(record: RunRecord) -> set[str]:
    return {response.problem for response in record.responses}


async def test_blocking_shows_in_the_latencies_by_factor(sandbox_client: SandboxClient) -> None:
    seen = await record(
        sandbox_client, APP, phase("/good", 20), phase("/block", 20), phase("/thread", 20)
    )
    assert (seen.outcome, problems(seen)) == ("completed", {""})
    assert [response.number for response in of(seen, "/good")] == list(range(1, 21))
    assert {response.status for response in seen.responses} == {200}
    assert {response.body for response in seen.responses} == {'{"answer":42}'}
    assert of(seen, "/good")[0].headers["content-type"] == "application/json"
    assert longest_us(of(seen, "/block")) >= 20 * 50_000
    assert longest_us(of(seen, "/good")) * 3 < longest_us(of(seen, "/block"))
    assert longest_us(of(seen, "/thread")) * 2 < longest_us(of(seen, "/block"))
    assert seen.heartbeat == "on"
    _, block, _ = seen.phases
    within = [lag for lag in seen.lags if block.began_us <= lag.at_us <= block.ended_us]
    assert sum(lag.duration_us for lag in within) > 500_000
    assert seen.longest_lag_us > 100_000
    assert sum(lag.held_us for lag in within) > 500_000
    assert seen.longest_held_us == max(lag.held_us for lag in seen.lags)


BUSY = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """More work than there are processors."""
    command = [sys.executable, "-c", BUSY]
    working = [subprocess.Popen(command) for _ in range(3 * (os.cpu_count() or 1))]
    yield
    for each in working:
        each.kill()
        each.wait()


@pytest.mark.usefixtures("busy_machine")
async def test_waiting_for_a_processor_is_not_held_against_the_code(
    sandbox_client: SandboxClient,
) -> None:
    code = """
from fastapi import FastAPI
app = FastAPI()

@app.get("/work")
async def work():
    sum(range(200_000))
"""
    seen = await record(sandbox_client, code, phase("/work", 60, at_once=False))
    assert seen.longest_lag_us > 15_000  # the control: nothing else makes it late
    assert seen.longest_held_us < seen.longest_lag_us
    assert sum(lag.held_us for lag in seen.lags) * 2 < sum(lag.duration_us for lag in seen.lags)


async def test_driven_requests_are_on_the_picture(sandbox_client: SandboxClient) -> None:
    seen = await record(sandbox_client, APP, phase("/good", 3), phase("/block"), phase("/missing"))
    told = [event.fields for event in seen.picture.events if event.kind == "req"]
    paths = [(each["method"], each["path"], each["status"]) for each in told]
    assert paths == [("GET", "/good", 200)] * 3 + [("GET", "/block", 200), ("GET", "/missing", 404)]
    assert all(isinstance(each["duration_us"], int) for each in told)
    blocks = [event.fields for event in seen.picture.events if event.kind == "block"]
    assert "time.sleep" in str(max(blocks, key=lambda block: int(block["duration_us"] or 0)))


async def test_requests_one_after_another(sandbox_client: SandboxClient) -> None:
    seen = await record(sandbox_client, APP, phase("/good", 3, at_once=False))
    times = [(response.began_us, response.ended_us) for response in seen.responses]
    assert all(before[1] <= after[0] for before, after in pairwise(times))


async def test_methods_headers_and_bodies_arrive(sandbox_client: SandboxClient) -> None:
    code = """
from fastapi import FastAPI, Request
app = FastAPI()

@app.post("/items")
async def post(request: Request, n: int):
    return [n, await request.json(), request.headers["x-who"], request.headers["content-type"]]
"""
    request = DrivenRequest("POST", "/items?n=7", '{"a": 1}', {"X-Who": "alice"})
    seen = await record(sandbox_client, code, Phase("post", [request]))
    assert seen.responses[0].body == '[7,{"a":1},"alice","application/json"]'


async def test_each_worker_has_its_own_part(sandbox_client: SandboxClient) -> None:
    code = """
from fastapi import FastAPI
app = FastAPI()

@app.get("/who")
async def who():
    return WORKER
"""
    seen = await record(sandbox_client, code, phase("/who", 10), workers=2)
    assert seen.outcome == "completed"
    assert [response.worker for response in seen.responses] == [1, 2] * 5
    assert [response.body for response in seen.responses] == ["1", "2"] * 5


async def test_an_app_that_never_answers(sandbox_client: SandboxClient) -> None:
    code = """
import asyncio
from fastapi import FastAPI
app = FastAPI()

@app.get("/never")
async def never():
    await asyncio.sleep(100)
"""
    seen = await record(sandbox_client, code, phase("/never", 3, timeout_seconds=0.3))
    assert problems(seen) == {"timed out"}
    assert 300_000 <= longest_us(seen.responses) < 2_000_000
    assert seen.outcome == "completed"  # its requests were ended, and it with them


async def test_code_that_does_not_end_when_asked(sandbox_client: SandboxClient) -> None:
    code = APP + "\nimport uvicorn\nuvicorn.run(app)\ntime.sleep(60)\n"
    seen = await record(sandbox_client, code, phase("/good"))
    assert of(seen, "/good")[0].status == 200
    assert (seen.outcome, seen.fault) == ("timed_out", "your code")
    assert "after the last request" in seen.message


async def test_the_deadline_of_the_run_still_rules(sandbox_client: SandboxClient) -> None:
    code = "import time\nwhile True: time.sleep(1)"
    began = time.monotonic()
    seen = await record(sandbox_client, code, phase("/"), wall_seconds=1.0)
    assert time.monotonic() - began < 4
    assert (seen.outcome, seen.fault) == ("timed_out", "your limit")
    assert problems(seen) <= {"connection closed", "refused"}


async def test_an_app_that_crashes_in_the_middle(sandbox_client: SandboxClient) -> None:
    code = APP + "\nimport os\n@app.get('/crash')\nasync def crash(): os._exit(7)\n"
    seen = await record(sandbox_client, code, phase("/crash", 2), phase("/good", 2))
    # The second may come when the first has ended it already.
    first, second = sorted(str(response.problem) for response in of(seen, "/crash"))
    assert (first, second in ("connection closed", "refused")) == ("connection closed", True)
    assert [response.problem for response in of(seen, "/good")] == ["refused"] * 2
    assert (seen.outcome, seen.exit_status) == ("raised", 7)


async def test_no_app_at_all(sandbox_client: SandboxClient) -> None:
    began = time.monotonic()
    seen = await record(sandbox_client, "print('nothing to serve')", phase("/", 3))
    assert time.monotonic() - began < 3
    assert (seen.outcome, seen.stdout) == ("completed", "nothing to serve\n")
    assert problems(seen) <= {"connection closed", "refused"}


async def test_code_that_fails_before_it_serves(sandbox_client: SandboxClient) -> None:
    seen = await record(sandbox_client, "1 / 0", phase("/"))
    assert seen.outcome == "raised"
    assert seen.error is not None
    assert seen.error.type == "ZeroDivisionError"


async def test_an_app_that_does_not_start_says_why(sandbox_client: SandboxClient) -> None:
    code = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    raise LookupError("no such pool")
    yield
app = FastAPI(lifespan=lifespan)
"""
    seen = await record(sandbox_client, code, phase("/"))
    assert seen.outcome == "raised"
    assert "no such pool" in seen.stderr
    assert seen.error is not None
    assert "did not start" in seen.error.message


async def test_code_that_runs_uvicorn_itself(sandbox_client: SandboxClient) -> None:
    code = (
        APP
        + """
import uvicorn
print(type(asyncio.new_event_loop()).__module__)
uvicorn.run(app, host="127.0.0.1", port=8000, log_level="warning")
print("served")
"""
    )
    seen = await record(sandbox_client, code, phase("/good", 5))
    assert [response.status for response in seen.responses] == [200] * 5
    assert seen.outcome == "completed"
    assert seen.stdout == "asyncio.unix_events\nserved\n"
    assert seen.heartbeat == "on"


async def test_an_error_of_the_app_is_its_answer_and_its_traceback(
    sandbox_client: SandboxClient,
) -> None:
    code = APP + "\n@app.get('/bad')\nasync def bad(): return 1 / 0\n"
    seen = await record(sandbox_client, code, phase("/bad"))
    assert seen.responses[0].status == 500
    assert "ZeroDivisionError" in seen.stderr
    assert seen.outcome == "completed"


async def test_a_client_that_hangs_up_is_noticed(sandbox_client: SandboxClient) -> None:
    code = """
import asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
app = FastAPI()

async def tell():
    try:
        while True:
            yield b"."
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        print("cancelled")
        raise

@app.get("/stream")
async def stream():
    return StreamingResponse(tell())
"""
    seen = await record(sandbox_client, code, phase("/stream", 2, disconnect_seconds=0.3))
    assert problems(seen) == {"disconnected"}
    assert all(response.body.startswith("..") for response in seen.responses)
    assert all(response.ended_us - response.began_us < 1_500_000 for response in seen.responses)
    assert seen.stdout == "cancelled\n" * 2


async def test_lifespan_ends_and_what_was_printed_there_is_kept(
    sandbox_client: SandboxClient,
) -> None:
    code = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    print("up")
    yield
    print("down")
app = FastAPI(lifespan=lifespan)
"""
    seen = await record(sandbox_client, code, phase("/"))
    assert seen.stdout == "up\ndown\n"
    assert seen.responses[0].status == 404


async def test_pauses_and_the_times_of_phases(sandbox_client: SandboxClient) -> None:
    seen = await record(
        sandbox_client, APP, phase("/good", name="one"),
        phase("/good", name="two", pause_seconds=0.2),
    )  # fmt: skip
    one, two = seen.phases
    assert (one.name, two.name) == ("one", "two")
    assert two.began_us - one.ended_us >= 200_000


async def test_sixty_four_at_once(sandbox_client: SandboxClient) -> None:
    seen = await record(sandbox_client, APP, phase("/good", 64))
    assert [response.status for response in seen.responses] == [200] * 64


SQLITE_APP = """
import aiosqlite
from fastapi import FastAPI
app = FastAPI()

@app.post("/names")
async def add(name: str):
    async with aiosqlite.connect(DSN) as connection:
        await connection.execute("INSERT INTO names (name) VALUES (?)", (name,))
        await connection.commit()
"""
SEED = "CREATE TABLE names (id integer primary key, name text)"


@pytest.mark.parametrize("session", ["", "own"])
async def test_sqlite_is_read_afterwards(sandbox_client: SandboxClient, session: str) -> None:
    requests = [DrivenRequest("POST", f"/names?name={name}") for name in ("ada", "bob")]
    seen = await record(
        sandbox_client, SQLITE_APP, Phase("add", requests, at_once=False),
        database="sqlite", seed=SEED, fresh=True, session=session and new_id("session"),
        reads=[
            Read("names", "SELECT name FROM names ORDER BY id"),
            Read("kinds", "SELECT 1, 2.5, NULL, x'00ff', 'text'"),
            Read("wrong", "SELECT * FROM nowhere"),
            Read("write", "DELETE FROM names"),
            Read("long", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) "
                 "SELECT count(*) FROM n"),
            Read("many", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 2000) "
                 "SELECT i FROM n"),
        ],
    )  # fmt: skip
    names, kinds, wrong, write, long, many = seen.rows
    assert (names.columns, names.rows) == (["name"], [["ada"], ["bob"]])
    assert kinds.rows == [[1, 2.5, None, "00ff", "text"]]
    assert "nowhere" in wrong.problem
    assert "readonly" in write.problem
    assert "interrupted" in long.problem
    assert (len(many.rows), many.problem) == (1000, "more than 1000 rows")
    assert seen.statements is None
    assert 100 < seen.calibration_us < 1_000_000


async def test_reads_without_requests(sandbox_client: SandboxClient) -> None:
    code = (
        "import sqlite3\n"
        "with sqlite3.connect(DSN) as connection:\n"
        "    connection.execute('INSERT INTO names VALUES (1, 2)')\n"
    )
    seen = await record(
        sandbox_client, code, database="sqlite", seed=SEED, reads=[Read("n", "SELECT * FROM names")]
    )
    assert seen.rows[0].rows == [[1, "2"]]
    assert seen.responses == []


POSTGRES_APP = """
import asyncio, asyncpg
from fastapi import BackgroundTasks, FastAPI
app = FastAPI()
kept = []

@app.get("/three")
async def three():
    connection = await asyncpg.connect(DSN)
    for number in range(3):
        await connection.execute(f"SELECT {number} AS three")
    await connection.close()

@app.get("/one")
async def one(background: BackgroundTasks):
    connection = await asyncpg.connect(DSN)
    await connection.execute("INSERT INTO names (name, ok) VALUES ('ada', true)")
    background.add_task(connection.close)

@app.get("/leave")
async def leave():
    connection = await asyncpg.connect(DSN)
    await connection.execute("BEGIN")
    await connection.execute("SELECT 1 AS left_open")
    kept.append(connection)
"""
POSTGRES_SEED = "CREATE TABLE names (id serial, name text, ok boolean, price numeric default 1.50)"


async def test_statements_of_the_server_fall_in_their_phases(
    sandbox_client: SandboxClient,
) -> None:
    seen = await record(
        sandbox_client, POSTGRES_APP, phase("/three", 4), phase("/one", 2), phase("/leave", 2),
        database="postgres", driver="asyncpg", seed=POSTGRES_SEED,
        reads=[Read("names", "SELECT name, ok, price FROM names"), Read("bad", "SELECT nothing"),
               Read("write", "DELETE FROM names")],
    )  # fmt: skip
    assert (seen.outcome, problems(seen)) == ("completed", {""})
    assert seen.statements is not None
    for text, name, count in (
        ("three", "/three", 12),
        ("INSERT", "/one", 2),
        ("left", "/leave", 2),
    ):
        found = [statement for statement in seen.statements if text in statement.text]
        assert [statement.phase for statement in found] == [name] * count
    assert len(seen.statements) == seen.statement_count
    assert seen.lost == 0
    assert seen.idle_in_transaction == 2
    names, bad, write = seen.rows
    assert names.rows == [["ada", 1, "1.50"]] * 2
    assert "nothing" in bad.problem
    assert "read-only" in write.problem


async def test_locks_left_behind_do_not_hold_up_the_reading(sandbox_client: SandboxClient) -> None:
    code = (
        POSTGRES_APP
        + """
@app.get("/lock")
async def lock():
    connection = await asyncpg.connect(DSN)
    await connection.execute("BEGIN")
    await connection.execute("LOCK names IN ACCESS EXCLUSIVE MODE")
    kept.append(connection)
"""
    )
    seen = await record(
        sandbox_client, code, phase("/lock"), database="postgres", seed=POSTGRES_SEED,
        reads=[Read("names", "SELECT count(*) FROM names")],
    )  # fmt: skip
    assert seen.rows[0].rows == [[0]]


async def test_latencies_repeat(sandbox_client: SandboxClient) -> None:
    """As a bound may be set on them: the first request of a run is not the one that imports."""
    firsts = []
    for _ in range(5):
        seen = await record(sandbox_client, APP, phase("/good", 5, at_once=False))
        firsts.append([response.ended_us - response.began_us for response in seen.responses])
    assert statistics.median(times[0] for times in firsts) < 3 * statistics.median(
        times[-1] for times in firsts
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"phases": [Phase("none", [])]}, "1 to 64 requests"),
        ({"phases": [phase("/")] * 2}, "its own name"),
        ({"phases": [phase("/a b")]}, "/a b"),
        ({"phases": [phase("/", timeout_seconds=float("nan"))]}, "times"),
        ({"phases": [Phase("p", [DrivenRequest(headers={"a\r\nb": "c"})])]}, "header"),
        ({"reads": [Read("r", "SELECT 1")]}, "without a database"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_a_reason(
    sandbox_client: SandboxClient, fields: dict[str, Any], words: str
) -> None:
    request = RunRequest(run_id=new_id("driven"), code="", **fields)
    with pytest.raises(SandboxUnavailable, match=words):
        await sandbox_client.record(request)
