"""Events as fragments of the page. What a run wrote is hostile text and is always escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from django.template.loader import render_to_string

from playground.runs.explanations import MetErrors
from playground.runs.held_up import HeldUp
from playground.runs.models import Recording
from playground.runs.operations import list_share_days
from playground.runs.rows import summary_row
from playground.runs.sentences import (
    describe_loop,
    describe_statements,
    describe_wait,
    describe_witness,
)
from playground.runs.titles import Choice
from sandbox.protocol import (
    Finished,
    Output,
    Queued,
    RunEvent,
    Started,
    Telemetry,
    Value,
    Witness,
    to_json,
)

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_TOGETHER_US: Final = 16_000  # as the runner batches: what a replay shows at once
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def render_notice(text: str) -> str:
    """A sentence about the page itself."""
    return _render("notice", text=text)


def render_status(cell: str, text: str, *, running: bool = False, run_id: str = "") -> str:
    """A sentence about a cell, and whether a run of it goes on, and which."""
    return _render("status", cell=cell, text=text, running=running, run_id=run_id)


def render_start(cell: str, run_id: str, text: str = "Running …") -> str:
    """Everything the last run left is cleared."""
    return _render("start", cell=cell, text=text, running=True, run_id=run_id)


def render_reset(cell: str) -> str:
    """The cell as nobody ran it."""
    return _render("start", cell=cell, text="Reset: the code is the author's, the database fresh.")


def render_recorded(
    cell: str, recording: Recording, choices: list[Choice], *, has_picture: bool
) -> str:
    """What can be done with a run that is kept."""
    return _render_from(
        "recording",
        "recorded",
        cell=cell,
        run_id=recording.run_id,
        outcome=recording.outcome,
        choices=choices,
        has_picture=has_picture,
        shared_run=recording,
        may_be_shared=recording.may_be_shared,
        share_days=list_share_days(),
    )


class RunPicture:
    """One run as its page shows it; remembers what the closing summary needs.

    ``card`` is the pack/card that the page shows: its own links stay on the page.
    """

    def __init__(self, cell: str, card: str = "", run_id: str = "") -> None:
        self._cell = cell
        self._run_id = run_id
        self._errors = MetErrors(card)
        self._blocks: list[dict[str, Any]] = []
        self._statements: list[dict[str, Any]] = []
        self._held_up = HeldUp()
        self._worker = 0
        self._line_is_open = False

    def render(self, events: list[RunEvent]) -> str:
        """The fragments of one batch, in order; a stream's output of one moment in one piece."""
        told = [event for event in events if isinstance(event, Telemetry | Witness)]
        self._remember(event for event in told if isinstance(event, Telemetry))
        self._errors.remember(events)
        parts = [
            self._output(list(group))
            for _, group in groupby(
                (event for event in events if isinstance(event, Output)),
                key=lambda event: (event.worker, event.stream, event.at_us // _TOGETHER_US),
            )
        ]
        if told:
            array = b"[" + b",".join(to_json(event) for event in told) + b"]"
            parts.append(_render("telemetry", cell=self._cell, events=array.decode()))
        parts += [self._other(event) for event in events]
        return "".join(parts)

    def _remember(self, telemetry: Iterable[Telemetry]) -> None:
        for event in telemetry:
            self._held_up.remember(event)
            if event.kind in ("block", "sql"):
                kept = self._blocks if event.kind == "block" else self._statements
                kept.append({**event.fields, "at_us": event.at_us, "worker": event.worker})

    def _output(self, events: list[Output]) -> str:
        """Of several workers each one's words begin a line, after a label with its number."""
        first, text = events[0], "".join(event.text for event in events)
        worker = first.worker
        clean = _CONTROL.sub("\ufffd", _ANSI.sub("", text))
        changes = worker != self._worker
        breaks = changes and self._line_is_open
        self._worker, self._line_is_open = worker, not text.endswith("\n")
        return _render(
            "output",
            cell=self._cell,
            at_us=first.at_us,
            stream=first.stream,
            text=clean,
            label=worker if changes else 0,
            before="\n" if breaks else "",
        )

    def _other(self, event: RunEvent) -> str:
        match event:
            case Queued():
                return self._running(describe_wait(event))
            case Started(scratch="fresh"):
                return self._running("Running on a fresh database …")
            case Value():
                return _render("value", cell=self._cell, value=event)
            case Finished():
                return self._finished(event)
            case _:
                return ""

    def _running(self, text: str) -> str:
        return render_status(self._cell, text, running=True, run_id=self._run_id)

    def _finished(self, event: Finished) -> str:
        return self._summary(event) + _render("figures", cell=self._cell, figures=_figures(event))

    def _summary(self, event: Finished) -> str:
        return _render(
            "finished",
            cell=self._cell,
            finished=event,
            explanations=self._errors.explain(event),
            loop_sentence=describe_loop(self._blocks, event.summary, self._held_up),
            statements_sentence=describe_statements(self._statements),
            witness_sentence=describe_witness(event.witness),
            row=summary_row(event),
        )


def _figures(event: Finished) -> str:
    """What the page keeps of a run beside the values it was tried with."""
    summary = event.summary
    figures = {
        "outcome": event.outcome,
        "wall_us": event.wall_us,
        "longest_block_us": summary.longest_block_us,
        "statements": summary.statements,
        "pool_high_water": summary.pool_high_water,
    }
    return json.dumps(figures)


def _render(partial: str, **context: object) -> str:
    return _render_from("fragments", partial, **context)


def _render_from(template: str, partial: str, **context: object) -> str:
    return str(render_to_string(f"runs/{template}.html#{partial}", context))
