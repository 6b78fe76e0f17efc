"""A trace keeps the rules of the Trace Event Format, whatever the run said of itself."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from playground.runs.trace import build_trace

Event = dict[str, Any]


def telemetry(kind: str, at_us: int, **fields: Any) -> Event:
    return {"type": "telemetry", "kind": kind, "at_us": at_us, **fields}


RUN: list[Event] = [
    {"type": "started", "at_us": 0, "scratch": "fresh"},
    telemetry("lane", 10, lane=0, of="task", name="loop"),
    telemetry("lane", 100, lane=1, parent=0, of="task", name="Task-2", coroutine="client", line=4),
    telemetry("lane", 110, lane=2, parent=0, of="request", name="GET /", coroutine="GET /"),
    telemetry("run", 100, lane=1, duration_us=60, steps=1, busy_us=60),
    telemetry("sql", 120, lane=1, line=7, duration_us=500, statement="SELECT 1", connection=1),
    telemetry("sql", 300, lane=2, line=7, duration_us=900, statement="SELECT 2", connection=2),
    telemetry("tx", 310, lane=2, action="begin", connection=2),
    telemetry("await", 160, lane=1, duration_us=460, on="database", line=7),
    telemetry("block", 700, lane=1, block=1, duration_us=5000, call="time.sleep", line=9),
    telemetry("ready", 1200, lane=2, duration_us=4500, blocked_by=1),
    telemetry("ready", 6000, lane=2, duration_us=10, blocked_by=99),
    telemetry("pool", 800, action="checkout", in_use=1, size=5),
    telemetry("pool", 900, action="wait_timeout", in_use=5, size=5, pool=2),
    telemetry("tick", 1000, tasks=3),
    {"type": "output", "at_us": 1100, "stream": "stdout", "text": "hello\n"},
    telemetry("req", 110, lane=2, duration_us=6000, method="GET", path="/", status=200),
    telemetry("lane", 5800, lane=1, state="done"),
    telemetry("lane", 6900, lane=3, state="never_awaited", coroutine="lost"),
    {"type": "witness", "kind": "lag", "at_us": 690, "duration_us": 5100},
    {"type": "witness", "kind": "novelty", "at_us": 690},
    {"type": "finished", "at_us": 7000, "outcome": "completed"},
]


def trace(events: list[Event]) -> list[Event]:
    """The trace's events, as a viewer reads them."""
    made: list[Event] = json.loads(json.dumps(build_trace(events)))["traceEvents"]
    return made


def of(events: list[Event], **wanted: Any) -> list[Event]:
    return [e for e in events if all(e.get(key) == value for key, value in wanted.items())]


def thread_of(events: list[Event], name: str) -> int:
    found = [e["tid"] for e in of(events, ph="M", name="thread_name") if e["args"]["name"] == name]
    assert len(found) == 1, name
    return int(found[0])


# What the format asks of each phase that we write, beside name, ph, pid and tid.
ALWAYS: dict[str, type] = {"name": str, "ph": str, "pid": int, "tid": int, "ts": int}
SCHEMA: dict[str, dict[str, type]] = {
    "X": {"cat": str, "dur": int, "args": dict},
    "i": {"cat": str, "s": str, "args": dict},
    "C": {"args": dict},
    "M": {"args": dict},
    "s": {"cat": str, "id": int},
    "f": {"cat": str, "id": int, "bp": str},
}
METADATA: dict[str, dict[str, type]] = {
    "process_name": {"name": str},
    "thread_name": {"name": str},
    "thread_sort_index": {"sort_index": int},
}


def expect_schema(event: Event) -> None:
    """The fields of its phase, of their types, and no others."""
    schema = ALWAYS | SCHEMA[event["ph"]]
    assert event.keys() == schema.keys(), event
    assert all(type(event[key]) is kind for key, kind in schema.items()), event
    assert event["name"]
    assert min(event["ts"], event["pid"], event["tid"], event.get("dur", 0)) >= 0
    if event["ph"] == "M":
        wanted = METADATA[event["name"]]
        assert {key: type(value) for key, value in event["args"].items()} == wanted
    elif event["ph"] == "C":
        assert event["args"]
        assert all(type(value) is int for value in event["args"].values())
    elif event["ph"] == "i":
        assert event["s"] == "t"
    elif event["ph"] == "f":
        assert event["bp"] == "e"


def list_arrows(events: list[Event]) -> list[tuple[Event, Event]]:
    """From which slice each arrow leads to which, found as Perfetto does it.

    In the order of the file: an arrow's end holds to the slice of its thread that began last and
    goes on, be it an instant, which lasts for no time at all; an end before its start is lost.
    """
    open_slices: dict[tuple[int, int], list[Event]] = {}
    begun: dict[int, Event] = {}
    arrows = []
    for event in events:
        stack = open_slices.setdefault((event["pid"], event["tid"]), [])
        while stack and stack[-1]["ts"] + stack[-1].get("dur", 0) < event["ts"]:
            stack.pop()
        if event["ph"] in "Xi":
            stack.append(event)
        elif event["ph"] == "s":
            begun[event["id"]] = stack[-1]
        elif event["ph"] == "f" and event["id"] in begun:
            arrows.append((begun.pop(event["id"]), stack[-1]))
    assert begun == {}
    return arrows


def expect_rules(events: list[Event]) -> None:
    """What a viewer relies on."""
    named = {(e["pid"], e["tid"]) for e in of(events, ph="M", name="thread_name")}
    slices: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        expect_schema(event)
        where = event["pid"], event["tid"]
        assert where in named or event["ph"] in "MC"
        if event["ph"] == "X":
            slices.setdefault(where, []).append(event)
    for pieces in slices.values():
        expect_nesting(pieces)
    timed = [event["ts"] for event in events if event["ph"] != "M"]
    assert timed == sorted(timed)
    starts, ends = ([e["id"] for e in of(events, ph=phase)] for phase in "sf")
    assert len(set(starts)) == len(starts)
    assert sorted(starts) == sorted(ends)
    assert len(list_arrows(events)) == len(starts)


def expect_nesting(pieces: list[Event]) -> None:
    """On one thread no slice crosses another."""
    open_ends: list[int] = []
    for piece in sorted(pieces, key=lambda piece: (piece["ts"], -piece["dur"])):
        while open_ends and open_ends[-1] <= piece["ts"]:
            open_ends.pop()
        assert not open_ends or piece["ts"] + piece["dur"] <= open_ends[-1]
        open_ends.append(piece["ts"] + piece["dur"])


def test_a_run_keeps_the_rules() -> None:
    expect_rules(trace(RUN))


def test_each_thing_is_on_its_own_track() -> None:
    events = trace(RUN)
    [block] = of(events, ph="X", cat="block")
    assert (block["name"], block["ts"], block["dur"]) == ("time.sleep", 700, 5000)
    assert block["tid"] == thread_of(events, "event loop")
    assert block["args"]["line"] == 9
    first, second = of(events, ph="X", cat="sql")
    assert first["tid"] == thread_of(events, "connection 1")
    assert second["tid"] == thread_of(events, "connection 2")
    assert of(events, ph="i", name="begin")[0]["tid"] == second["tid"]
    [life, open_life] = of(events, ph="X", cat="lane")
    assert life["tid"] == thread_of(events, "client (1)")
    assert life["dur"] == 5700
    assert open_life["dur"] == 7000 - 110
    [lag] = of(events, ph="X", cat="lag")
    assert lag["tid"] == thread_of(events, "seen from outside: lag")
    assert of(events, ph="i", name="hello")[0]["tid"] == thread_of(events, "stdout")
    assert of(events, ph="i", name="never_awaited: lost")
    assert of(events, ph="i", name="pool: wait_timeout")
    counters = [(e["name"], e["args"]["count"]) for e in of(events, ph="C")]
    assert ("connections in use, pool 1", 1) in counters
    assert ("tasks alive", 3) in counters


def test_an_arrow_leads_from_the_block_to_who_waited() -> None:
    events = trace(RUN)
    [begin], [end] = of(events, ph="s"), of(events, ph="f")
    assert (begin["ts"], begin["tid"]) == (700, thread_of(events, "event loop"))
    assert (end["ts"], end["tid"]) == (1200, thread_of(events, "GET / (2)"))


@pytest.mark.parametrize("duration_us", [20, 5000, 9000])
def test_an_arrow_holds_to_the_block_and_not_to_what_began_with_it(duration_us: int) -> None:
    events = trace(
        [
            telemetry("lane", 0, lane=1, of="task", coroutine="client"),
            telemetry("lane", 500, lane=2, state="never_awaited", coroutine="lost"),
            telemetry("block", 500, lane=1, block=1, duration_us=5000, call="time.sleep"),
            telemetry("run", 500, lane=0, duration_us=duration_us, steps=1),
            telemetry("ready", 900, lane=1, duration_us=4500, blocked_by=1),
        ]
    )
    [(block, wait)] = list_arrows(events)
    assert (block["cat"], wait["cat"]) == ("block", "ready")


def test_who_waited_before_the_block_began_has_its_arrow_all_the_same() -> None:
    """A viewer loses an arrow that leads back in time."""
    block = telemetry("block", 700, lane=1, block=1, duration_us=5000, call="time.sleep")
    early = telemetry("ready", 400, lane=2, duration_us=5200, blocked_by=1)
    over = telemetry("ready", 400, lane=3, duration_us=300, blocked_by=1)  # before it began
    inside = telemetry("await", 700, lane=2, duration_us=50, on="task")
    events = trace([block, early, over, inside])
    [(cause, wait)] = list_arrows(events)
    assert (cause["cat"], wait["args"]["lane"]) == ("block", 2)
    expect_rules(events)


@pytest.mark.parametrize("duration_us", [10, 5000, 6000])
def test_who_waited_from_the_very_start_of_the_block_has_its_arrow(duration_us: int) -> None:
    block = telemetry("block", 700, lane=1, block=1, duration_us=5000, call="time.sleep")
    wait = telemetry("ready", 700, lane=2, duration_us=duration_us, blocked_by=1)
    [(cause, found)] = list_arrows(trace([block, wait]))
    assert (cause["cat"], found["cat"]) == ("block", "ready")


def test_what_encloses_is_before_what_it_encloses() -> None:
    events = trace(
        [
            telemetry("run", 100, lane=1, duration_us=10, steps=1),
            telemetry("req", 100, lane=1, duration_us=60, method="GET", path="/", status=200),
            telemetry("lane", 100, lane=1, of="request", coroutine="GET /"),
            telemetry("tick", 300, tasks=1),
        ]
    )
    assert [event["cat"] for event in of(events, ph="X")] == ["lane", "req", "run"]


def test_workers_are_processes_and_a_lone_one_is_the_run() -> None:
    lone = of(trace(RUN), ph="M", name="process_name")
    assert [event["args"]["name"] for event in lone] == ["run"]
    two = [{**event, "worker": number} for number in (1, 2) for event in RUN]
    named = of(trace(two), ph="M", name="process_name")
    assert [(e["pid"], e["args"]["name"]) for e in named] == [(1, "worker 1"), (2, "worker 2")]
    expect_rules(trace(two))


def test_slices_that_cross_go_to_threads_of_their_own_and_lose_nothing() -> None:
    crossing = [
        telemetry("sql", start, duration_us=100, connection=1, statement="S") for start in (0, 50)
    ]
    first, second = of(trace(crossing), ph="X")
    assert first["tid"] != second["tid"]
    assert (first["dur"], second["dur"]) == (100, 100)


@pytest.mark.parametrize("value", ["<b>", None, -5, 2**53, "", 0])
def test_forged_figures_are_drawn_within_the_rules(value: Any) -> None:
    fields = ("duration_us", "lane", "blocked_by", "in_use", "connection", "statement", "state")
    kinds = {event["kind"] for event in RUN if "kind" in event}
    forged = [
        {**event, **dict.fromkeys(fields, value)} for event in RUN if event.get("kind") in kinds
    ]
    expect_rules(trace(forged + RUN))


def test_any_crossing_at_all_is_laid_out_within_the_rules() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    many = [
        telemetry("sql", dice.randrange(1000), duration_us=dice.randrange(1000), connection=1)
        for _ in range(3000)
    ]
    events = trace(many)
    assert len(of(events, ph="X")) == 3000
    expect_rules(events)


def test_nothing_at_all_is_a_trace_too() -> None:
    assert build_trace([], card="a card") == {
        "traceEvents": [],
        "displayTimeUnit": "ms",
        "otherData": {"card": "a card"},
    }
