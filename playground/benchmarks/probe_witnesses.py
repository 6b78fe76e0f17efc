"""What each of four observers saw of the statements that held the loop."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from sandbox.protocol import RunEvent, Telemetry
from sandbox.protocol import Witness as Seen

_TOOK: Final = re.compile(r"took (\d+\.\d+) seconds")
_RUNNING_AT: Final = re.compile(r"running at <cell>:(\d+)")


class Truth(NamedTuple):
    """A statement as its own program timed it, and how long it held the loop with what its helpers
    did before and after; in ns on the program's clock.
    """

    first_line: int
    last_line: int
    began: int
    ended: int
    held_from: int
    held_until: int


class Witness(NamedTuple):
    """What was seen of one statement: its line is 0 and its length None where it was missed."""

    kind: str
    truth: Truth
    line: int = 0
    duration_ns: int | None = None

    @property
    def is_right(self) -> bool:
        """It names a line of the statement."""
        return self.truth.first_line <= self.line <= self.truth.last_line

    @property
    def error_ms(self) -> float:
        """How far off the length is, of a statement that was seen."""
        assert self.duration_ns is not None
        return abs(self.duration_ns - (self.truth.held_until - self.truth.held_from)) / 1e6


class _Seen(NamedTuple):
    line: int
    began: int
    ended: int


def by_probe(kinds: Sequence[str], output: str, events: Sequence[RunEvent]) -> list[Witness]:
    """From ``block`` events. The first block is that of the first statement: it tells the offset
    between the two clocks, and is no witness itself.
    """
    truths = _truths(output)
    blocks = [
        _block(event)
        for event in events
        if isinstance(event, Telemetry) and event.kind == "block" and event.fields.get("line")
    ]
    offset = truths[0].held_from - blocks[0].began
    shifted = [_Seen(line, began + offset, ended + offset) for line, began, ended in blocks]
    return _match(kinds, truths, shifted)[1:]


def by_outside(kinds: Sequence[str], output: str, events: Sequence[RunEvent]) -> list[Witness]:
    """From late answers and stacks: what the supervisor saw, which the program has no hand in.

    A block began at any time since the loop was last heard of: half of that is added. The first
    block of the picture from inside tells the offset, as of ``by_probe``.
    """
    truths = _truths(output)
    first = next(
        event
        for event in events
        if isinstance(event, Telemetry) and event.kind == "block" and event.fields.get("line")
    )
    offset = truths[0].held_from - first.at_us * 1000
    late = [_late(event, offset) for event in events if _is_seen(event, "lag")]
    stacks = [_stack(event, offset) for event in events if _is_seen(event, "stack")]
    witnesses = _match(kinds, truths, late)[1:]
    return [seen._replace(line=_line_during(seen.truth, stacks)) for seen in witnesses]


def _is_seen(event: RunEvent, kind: str) -> bool:
    return isinstance(event, Seen) and event.kind == kind


def _late(event: RunEvent, offset: int) -> _Seen:
    assert isinstance(event, Seen)
    before, duration = event.fields["before_us"], event.fields["duration_us"]
    assert isinstance(before, int)
    assert isinstance(duration, int)
    at = event.at_us * 1000 + offset
    return _Seen(0, at - before * 500, at + duration * 1000)


def _stack(event: RunEvent, offset: int) -> _Seen:
    assert isinstance(event, Seen)
    line, duration = event.fields["line"], event.fields["duration_us"]
    assert isinstance(duration, int)
    at = event.at_us * 1000 + offset
    return _Seen(line if isinstance(line, int) else 0, at, at + duration * 1000)


def _line_during(truth: Truth, stacks: Sequence[_Seen]) -> int:
    """The line that was seen for the longest part of the statement; 0 when none was."""
    spent: Counter[int] = Counter()
    for each in stacks:
        spent[each.line] += max(0, min(each.ended, truth.ended) - max(each.began, truth.began))
    line, longest = max(spent.items(), key=lambda item: item[1], default=(0, 0))
    return line if longest else 0


def by_debug_mode(kinds: Sequence[str], output: str) -> list[Witness]:
    """From the reports of slow callbacks: ``[[reported at, message], ...]``."""
    reports: list[tuple[int, str]] = msgspec.json.decode(output.splitlines()[1])
    seen = []
    for at, message in reports:
        if took := _TOOK.search(message):
            line = _RUNNING_AT.search(message)
            length = int(float(took[1]) * 1e9)
            seen.append(_Seen(int(line[1]) if line else 0, at - length, at))
    return _match(kinds, _truths(output), seen)[1:]


def by_watchdog(kinds: Sequence[str], output: str) -> list[Witness]:
    """From samples ``[[at, line], ...]``: the line seen most often during the statement."""
    samples: list[tuple[int, int]] = msgspec.json.decode(output.splitlines()[1])
    witnesses = []
    for kind, truth in zip(kinds, _truths(output), strict=True):
        lines = Counter(line for at, line in samples if truth.began <= at <= truth.ended)
        line = lines.most_common(1)[0][0] if lines else 0
        witnesses.append(Witness(kind, truth, line))
    return witnesses[1:]


def _truths(output: str) -> list[Truth]:
    told: list[Any] = msgspec.json.decode(output.splitlines()[0])
    return [Truth(*each) for each in told]


def _block(event: Telemetry) -> _Seen:
    began = event.at_us * 1000
    line, duration = event.fields["line"], event.fields["duration_us"]
    assert isinstance(line, int)
    assert isinstance(duration, int)
    return _Seen(line, began, began + duration * 1000)


def _match(kinds: Sequence[str], truths: Sequence[Truth], seen: Sequence[_Seen]) -> list[Witness]:
    witnesses = []
    for kind, truth in zip(kinds, truths, strict=True):
        middle = (truth.began + truth.ended) // 2
        over = [each for each in seen if each.began <= middle <= each.ended]
        if over:
            witnesses.append(Witness(kind, truth, over[0].line, over[0].ended - over[0].began))
        else:
            witnesses.append(Witness(kind, truth))
    return witnesses
