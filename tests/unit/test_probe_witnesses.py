"""The accuracy benchmark counts what was missed and what was misnamed."""

from __future__ import annotations

import json
from collections import Counter

from playground.benchmarks import probe_cases
from playground.benchmarks.probe_witnesses import (
    by_debug_mode,
    by_outside,
    by_probe,
    by_watchdog,
)
from sandbox.protocol import RunEvent, Telemetry, Witness, WitnessKind

MS = 1_000_000
KINDS = ["sleep", "regex", "in"]
TOLD = [
    [5, 5, 100 * MS, 120 * MS, 100 * MS, 120 * MS],
    [8, 9, 200 * MS, 230 * MS, 199 * MS, 231 * MS],
    [12, 12, 300 * MS, 310 * MS, 300 * MS, 310 * MS],
]


def block(at_ms: int, line: int, duration_ms: int) -> Telemetry:
    return Telemetry(at_ms * 1000, "block", {"line": line, "duration_us": duration_ms * 1000})


def test_a_hundred_cases_each_kind_equally_often_and_all_of_them_programs() -> None:
    programs = list(probe_cases.programs(1))
    kinds = Counter(kind for program in programs for kind in program.kinds[1:])
    assert kinds.total() == 100
    assert set(kinds.values()) == {7, 8}
    assert len(kinds) == 14
    for _, code in programs:
        for variant in (code, probe_cases.in_debug_mode(code), probe_cases.watched(code)):
            compile(variant, "<cell>", "exec")
    assert programs == list(probe_cases.programs(1)) != list(probe_cases.programs(2))


def test_the_probe_is_held_against_the_program_on_one_clock() -> None:
    blocks = [block(1000, 5, 20), block(1099, 9, 31), block(1150, 3, 9)]
    right, missed = by_probe(KINDS, json.dumps(TOLD), blocks)
    assert (right.kind, right.is_right, right.error_ms) == ("regex", True, 1.0)
    assert (missed.duration_ns, missed.is_right) == (None, False)


def test_the_outside_is_held_against_the_program_as_well() -> None:
    def seen(kind: WitnessKind, at_ms: int, duration_ms: int, **fields: int) -> Witness:
        told = {"duration_us": duration_ms * 1000, **fields}
        return Witness(at_ms * 1000, kind, {**told})

    events: list[RunEvent] = [
        block(1000, 5, 20),
        seen("lag", 1103, 28, before_us=4000),
        seen("stack", 1103, 9, line=8),
        seen("stack", 1112, 19, line=20),
        seen("thread", 1112, 19),
    ]
    wrong, missed = by_outside(KINDS, json.dumps(TOLD), events)
    assert (wrong.line, wrong.is_right, wrong.duration_ns, wrong.error_ms) == (
        20,
        False,
        30 * MS,
        2.0,
    )
    assert (missed.duration_ns, missed.line) == (None, 0)


def test_a_line_beside_the_statement_is_wrong() -> None:
    blocks = [block(0, 5, 20), block(99, 7, 32), block(200, 13, 10)]
    assert [w.is_right for w in by_probe(KINDS, json.dumps(TOLD), blocks)] == [False, False]


def test_debug_mode_is_taken_at_its_word() -> None:
    report = "Executing <Task pending coro=<main() running at <cell>:8>> took 0.030 seconds"
    output = f"{json.dumps(TOLD)}\n{json.dumps([[231 * MS, report]])}\n"
    seen, missed = by_debug_mode(KINDS, output)
    assert (seen.is_right, seen.duration_ns, seen.error_ms) == (True, 30 * MS, 2.0)
    assert missed.duration_ns is None


def test_the_watchdog_votes() -> None:
    samples = [[201 * MS, 8], [210 * MS, 9], [220 * MS, 9], [305 * MS, 11], [400 * MS, 12]]
    right, wrong = by_watchdog(KINDS, f"{json.dumps(TOLD)}\n{json.dumps(samples)}\n")
    assert (right.line, right.is_right) == (9, True)
    assert (wrong.line, wrong.is_right) == (11, False)
