"""Which known errors a run met, and where. What a run says of itself is hostile text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from exercises.known import KnownError, Sign
from exercises.printed import (
    MAX_STDERR_CHARACTERS,
    Seen,
    find_line,
    read_chains,
)
from sandbox.protocol import Raised

MAX_EXPLANATIONS: Final = 4
MAX_MESSAGE_CHARACTERS: Final = 2000
MAX_EVENTS: Final = 200
ANY: Final = "*"

Event = Mapping[str, str | int | None]


class Explanation(NamedTuple):
    """A known error that a run met; ``line`` is 0 when it is not known."""

    known: KnownError
    line: int


def explain(
    known: Sequence[KnownError],
    raised: Raised | None = None,
    stderr: str = "",
    events: Iterable[Event] = (),
) -> list[Explanation]:
    """At most ``MAX_EXPLANATIONS``, each error once: what ended the run is first.

    ``events`` are those of the probe, with their ``kind``; only telling ones count.
    """
    stderr = stderr[-MAX_STDERR_CHARACTERS:]
    found: dict[str, Explanation] = {}
    for each in (*_raised(known, raised), *_told(known, events), *_printed(known, stderr)):
        before = found.get(each.known.slug)
        if before is None or not before.line:
            found[each.known.slug] = each
    shown = [each for each in found.values() if each.line or not each.known.follows]
    return (shown or list(found.values()))[:MAX_EXPLANATIONS]


class EventSigns:
    """Which events of the probe speak of an error. Made once, as a run has tens of thousands."""

    def __init__(self, known: Iterable[KnownError]) -> None:
        self._by_kind: defaultdict[str, list[tuple[KnownError, Event]]] = defaultdict(list)
        for each in known:
            for sign in each.signs:
                if sign.event:
                    self._by_kind[sign.event["kind"]].append((each, sign.event))

    def is_telling(self, event: Event) -> bool:
        """Whether an event speaks of an error, a known one or another."""
        return bool(event.get("error")) or self.find(event) is not None

    def find(self, event: Event) -> KnownError | None:
        """The first known error with a sign that the event bears."""
        for each, wanted in self._by_kind.get(str(event.get("kind")), ()):
            if all(_has(event, *field) for field in wanted.items()):
                return each
        return None


def _raised(known: Sequence[KnownError], raised: Raised | None) -> Iterator[Explanation]:
    if raised is not None:
        chain = [Seen(raised.type, raised.message, raised.line)]
        chain += [Seen(cause.type, cause.message, cause.line) for cause in raised.causes]
        yield from _by_chain(known, chain)


def _printed(known: Sequence[KnownError], stderr: str) -> Iterator[Explanation]:
    for chain in read_chains(stderr):
        yield from _by_chain(known, chain)
    for each in known:
        for sign in each.signs:
            if sign.printed and (place := stderr.find(sign.printed)) >= 0:
                yield Explanation(each, find_line(stderr, place))


def _told(known: Sequence[KnownError], events: Iterable[Event]) -> Iterator[Explanation]:
    signs = EventSigns(known)
    seen: dict[tuple[Seen, bool], None] = {}
    for event in islice(filter(signs.is_telling, events), MAX_EVENTS):
        line = _line(event)
        if each := signs.find(event):
            yield Explanation(each, line)
        if error := event.get("error"):
            name, _, message = str(error).partition(": ")
            bare = event.get("kind") != "error"  # a statement's error is told without its module
            # SQLAlchemy's own name for an asyncpg error that is none of the standard kinds.
            kind = "DBAPIError" if bare and name == "Error" else name
            seen[Seen(kind, message, line), bare] = None
    for one, bare in sorted(seen, key=lambda told: told[0].line):
        if each := find_most_specific(known, one, bare=bare):
            yield Explanation(each, one.line)


def _by_chain(known: Sequence[KnownError], chain: Sequence[Seen]) -> Iterator[Explanation]:
    """The outermost exception that is known, at its own line or else at the nearest known."""
    for number, seen in enumerate(chain):
        if each := find_most_specific(known, seen):
            lines = [seen.line, *(one.line for one in reversed(chain[:number]))]
            yield Explanation(each, next(filter(None, lines), 0))
            return


def _has(event: Event, name: str, value: object) -> bool:
    told = event.get(name)
    return told is not None if value == ANY else told == value


def find_most_specific(
    known: Sequence[KnownError], seen: Seen, *, bare: bool = False
) -> KnownError | None:
    """The error whose sign names the most of the message. ``bare``: the type has no module."""
    message = seen.message[:MAX_MESSAGE_CHARACTERS]
    best: tuple[int, KnownError | None] = (-1, None)
    for each in known:
        for sign in each.signs:
            if _fits(sign, seen.type, message, bare=bare):
                weight = sum(map(len, sign.texts))
                best = max(best, (weight, each), key=lambda one: one[0])
    return best[1]


def _fits(sign: Sign, kind: str, message: str, *, bare: bool) -> bool:
    if not any(_is_same(kind, name, bare=bare) for name in sign.types):
        return False
    if sign.exactly is not None and message != sign.exactly:
        return False
    if any(text in message for text in sign.lacks):
        return False
    return all(text in message for text in sign.texts)


def _is_same(kind: str, name: str, *, bare: bool) -> bool:
    """Packages move their exceptions between their modules: first and last part decide."""
    if kind.rpartition(".")[2] != name.rpartition(".")[2]:
        return False
    return bare or kind.partition(".")[0] == name.partition(".")[0]


def _line(event: Event) -> int:
    line = event.get("line")
    return line if isinstance(line, int) and line > 0 else 0
