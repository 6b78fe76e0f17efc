"""Run records and exercises made by hand, for tests of the judge."""

from __future__ import annotations

from typing import Any

from exercises.exercise import Exercise
from sandbox.protocol import (
    DrivenRequest,
    Phase,
    PhaseDriven,
    Picture,
    Response,
    Rows,
    RunRecord,
    ServerStatement,
    Summary,
    Telemetry,
)

TOGETHER = Phase("together", [DrivenRequest(path=f"/{n}") for n in (1, 2)])


def record(**changes: Any) -> RunRecord:
    """A run in which all went well: two requests at once, 100 ms each, on Postgres."""
    fields: dict[str, Any] = {
        "outcome": "completed",
        "fault": "nobody",
        "message": "",
        "stdout": "hello\n",
        "wall_us": 400_000,
        "responses": [response(1), response(2)],
        "phases": [PhaseDriven("alone", 0, 90_000), PhaseDriven("together", 100_000, 205_000)],
        "statements": [statement(), statement()],
        "rows": [Rows("items", ["id"], [[1], [2]])],
        "longest_lag_us": 4_000,
        "heartbeat": "on",
        "idle_in_transaction": 0,
        "calibration_us": 3_000,
        "database": "postgres",
        "driver": "asyncpg",
        "picture": Picture(
            Summary(longest_block_us=5_000, connections_left_out=0),
            [Telemetry(1, "block", {"duration_us": 5_000, "line": 7})],
        ),
    }
    return RunRecord(**{**fields, **changes})


def response(number: int, **changes: Any) -> Response:
    """An answer of the phase "together": after 100 ms, 200, with its number."""
    fields: dict[str, Any] = {
        "phase": "together",
        "number": number,
        "began_us": 100_000,
        "ended_us": 200_000,
        "status": 200,
        "body": f'{{"n": {number}}}',
    }
    return Response(**{**fields, **changes})


def statement(text: str = "SELECT pg_sleep(0.1)", **changes: Any) -> ServerStatement:
    """A statement of the phase "together" that took 100 ms."""
    fields: dict[str, Any] = {"at_us": 100_000, "duration_us": 100_000, "phase": "together"}
    return ServerStatement(text=text, **{**fields, **changes})


def exercise(**changes: Any) -> Exercise:
    """An exercise without anything to check."""
    fields: dict[str, Any] = {
        "slug": "an-exercise",
        "title": "An exercise",
        "kind": "code",
        "goal": "Do it.",
        "why": "Because.",
        "hints": (),
        "drivers": ("asyncpg",),
        "profile": "default",
        "workers": 1,
        "starter": "a = 1\nb = 2\nc = 3\n",
        "solution": "a = 2\n",
        "phases": (TOGETHER,),
        "reads": (),
        "checks": (),
        "mistakes": (),
        "predictions": (),
        "digest": "",
        "folder": "01-an-exercise",
    }
    return Exercise(**{**fields, **changes})
