"""What the host saw of one run, from the run's events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.protocol import (
    Aftermath,
    Finished,
    Lag,
    Output,
    PhaseDriven,
    Picture,
    Response,
    Rows,
    RunEvent,
    RunRecord,
    RunRequest,
    ServerStatement,
    Telemetry,
    Witness,
)

# The server tells times of day in whole milliseconds, cut, so a statement seems to begin early.
EARLY_US: Final = 3_000


def assemble(request: RunRequest, events: Sequence[RunEvent]) -> RunRecord:
    """The record of a run that ended: the last event is ``Finished``."""
    finished = events[-1]
    assert isinstance(finished, Finished)
    seen = finished.witness
    phases = [event for event in events if isinstance(event, PhaseDriven)]
    aftermath = next((event for event in events if isinstance(event, Aftermath)), None)
    asked_us = aftermath.at_us if aftermath is not None else finished.at_us
    return RunRecord(
        outcome=finished.outcome,
        fault=finished.fault,
        message=finished.message,
        error=finished.error,
        exit_status=finished.exit_status,
        stdout=_text(events, "stdout"),
        stderr=_text(events, "stderr"),
        wall_us=finished.wall_us,
        cpu_us=finished.cpu_us,
        max_rss_bytes=finished.max_rss_bytes,
        responses=_responses(events, [phase.name for phase in request.phases]),
        rows=[event for event in events if isinstance(event, Rows)],
        statements=None if seen.statements is None else _statements(events, phases, asked_us),
        statement_count=seen.statements,
        longest_lag_us=seen.longest_lag_us,
        longest_held_us=seen.longest_held_us,
        blocked_us=seen.blocked_us,
        heartbeat=seen.heartbeat,
        disagreement=seen.disagreement,
        lags=_lags(events),
        lost=seen.lost,
        phases=phases,
        idle_in_transaction=aftermath.idle_in_transaction if aftermath else None,
        calibration_us=aftermath.calibration_us if aftermath else 0,
        database=request.database,
        driver=request.driver,
        workers=request.workers,
        picture=Picture(
            finished.summary, [event for event in events if isinstance(event, Telemetry)]
        ),
    )


def _text(events: Iterable[RunEvent], stream: str) -> str:
    return "".join(
        event.text for event in events if isinstance(event, Output) and event.stream == stream
    )


def _responses(events: Iterable[RunEvent], phases: Sequence[str]) -> list[Response]:
    """In the order of the requests, not of the answers."""
    found = [event for event in events if isinstance(event, Response)]
    return sorted(found, key=lambda response: (phases.index(response.phase), response.number))


def _lags(events: Iterable[RunEvent]) -> list[Lag]:
    return [
        Lag(event.at_us, _figure(event, "duration_us"), _figure(event, "held_us"), event.worker)
        for event in events
        if isinstance(event, Witness) and event.kind == "lag"
    ]


def _statements(
    events: Iterable[RunEvent], phases: Sequence[PhaseDriven], asked_us: int
) -> list[ServerStatement]:
    """By the time at which they began; the log has them by their end."""
    found = [
        ServerStatement(
            at_us=event.at_us,
            duration_us=_figure(event, "duration_us"),
            text=str(event.fields.get("statement") or ""),
            phase=_phase_at(event.at_us, phases, asked_us),
            error=str(event.fields.get("error") or ""),
        )
        for event in events
        if isinstance(event, Witness) and event.kind == "statement"
    ]
    return sorted(found, key=lambda statement: statement.at_us)


def _phase_at(at_us: int, phases: Sequence[PhaseDriven], asked_us: int) -> str:
    """What an answer leaves to be done afterwards is of its phase, too."""
    if at_us > asked_us - EARLY_US:
        return ""
    begun = [phase.name for phase in phases if phase.began_us - EARLY_US <= at_us]
    return begun[-1] if begun else ""


def _figure(event: Witness, name: str) -> int:
    figure = event.fields.get(name)
    return figure if isinstance(figure, int) else 0
