"""Attempts to pass an exercise without doing it. Each fails, and the honest answer passes."""

from __future__ import annotations

import pytest

from exercises.exercise import Exercise
from exercises.judge import has_failed, has_passed
from exercises.loader import BUILT_IN, load_packs
from playground.runs import grading
from sandbox.client import SandboxClient

CARD = load_packs([BUILT_IN])["async-databases"].cards[0]

BLOCKING = """
import psycopg
from fastapi import FastAPI

app = FastAPI()

@app.get("/report/{number}")
async def report(number: int):
    with psycopg.connect(DSN) as connection:
        row = connection.execute("SELECT %s * 7, pg_sleep(0.1)", [number]).fetchone()
    return {"number": number, "answer": row[0]}
"""
COMPUTED = """
import asyncio
import psycopg
from fastapi import FastAPI

app = FastAPI()

async def ask(number):
    async with await psycopg.AsyncConnection.connect(DSN) as connection:
        await connection.execute(QUERY)

@app.get("/report/{number}")
async def report(number: int):
    WAIT
    return {"number": number, "answer": number * 7}
"""
CHEATS = {
    "leaves with status 0": "import os\nos._exit(0)\n",
    "leaves when the requests come": (
        f"{BLOCKING}\nimport os\n@app.middleware('http')\nasync def leave(request, go):\n"
        "    os._exit(0)\n"
    ),
    "prints what is expected": (
        "import json\n"
        "for n in range(1, 22):\n    print(json.dumps({'number': n, 'answer': n * 7}))\n"
        "print('passed')\n"
    ),
    "patches the judge": (
        f"import sys, types\nfor name in ('exercises', 'exercises.judge'):\n"
        f"    sys.modules[name] = types.ModuleType(name)\n"
        f"sys.modules['exercises.judge'].judge = lambda *_: []\n{BLOCKING}"
    ),
    "writes telemetry of its own": (
        "import os, struct\n"
        "for number in range(3, 12):\n"
        "    try:\n        os.write(number, struct.pack('>I', 4) + b'\\x90' * 4)\n"
        "    except OSError:\n        pass\n" + BLOCKING
    ),
    "sets its clock back": (
        f"import time\ntime.perf_counter = time.monotonic = lambda: 0.0\n{BLOCKING}"
    ),
    "sleeps where the database should": COMPUTED.replace("WAIT", "await asyncio.sleep(0.1)"),
    "asks in a comment": COMPUTED.replace(
        "WAIT", "await asyncio.sleep(0.1); await ask(number)"
    ).replace("QUERY", "'SELECT 1 -- pg_sleep(0.1)'"),
    "asks and does not wait": COMPUTED.replace(
        "WAIT", "task = asyncio.create_task(ask(number))"
    ).replace("QUERY", "'SELECT pg_sleep(0.1)'"),
    "answers from a cache": (
        BLOCKING.replace("async def report", "def report")
        .replace("app = FastAPI()", "import functools\napp = FastAPI()")
        .replace('@app.get("/report/{number}")', '@app.get("/report/{number}")\n@functools.cache')
    ),
    "holds the loop in a thread of its own": (
        f"{BLOCKING}\nimport threading, uvicorn\n"
        "config = uvicorn.Config(app, log_level='error')\n"
        "server = uvicorn.Server(config)\n"
        "server.install_signal_handlers = lambda: None\n"
        "thread = threading.Thread(target=server.run)\nthread.start()\nthread.join()\n"
    ),
}


def get_exercise() -> Exercise:
    found = CARD.exercise("freeze-the-loop")
    assert found
    return found


@pytest.mark.parametrize("name", CHEATS)
async def test_a_cheat_fails(sandbox_client: SandboxClient, name: str) -> None:
    done = await grading.grade(sandbox_client, CARD, get_exercise(), CHEATS[name], "psycopg")
    assert has_failed(done.verdicts), done.verdicts
    assert not has_passed(done.verdicts)


async def test_the_honest_answer_passes(sandbox_client: SandboxClient) -> None:
    exercise = get_exercise()
    done = await grading.grade(sandbox_client, CARD, exercise, exercise.solution, "psycopg")
    assert has_passed(done.verdicts), done.verdicts
