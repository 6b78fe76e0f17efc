"""A run in the Trace Event Format, which Perfetto and Chromium's own viewer open.

A process for each worker, a thread for its loop, for each lane, connection and witness; times in
µs. What a run says of itself may be anything: a figure that is none is drawn as nought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from playground.runs.trace_tracks import Event, Key, Track, Tracks

_LOOP, _OUTSIDE, _SQL, _LANES, _OUTPUT = range(5)  # from top to bottom
_ENDS: Final = ("done", "raised", "cancelled")
_LEFT_OUT: Final = frozenset({"type", "kind", "at_us", "duration_us", "worker"})
_LONGEST_NAME: Final = 200
_WITH_ARROWS: Final = ("block", "ready")
_ARROW: Final = 2


class _Place(NamedTuple):
    """Where an event stands in the file; an arrow comes after what it holds to."""

    at_us: int
    shorter: int
    rank: int


def build_trace(events: Sequence[Event], **about: str) -> dict[str, Any]:
    """The trace of one run's events, as ``--events`` tells them; ``about`` is told beside it."""
    drawing = _Drawing(max((event["at_us"] + _duration(event) for event in events), default=0))
    for event in events:
        if draw := _DRAWN.get((event["type"], event.get("kind", ""))):
            draw(drawing, event)
    return {"traceEvents": drawing.finish(), "displayTimeUnit": "ms", "otherData": about}


class _Drawing:
    """Puts each event on its track."""

    def __init__(self, end_us: int) -> None:
        self._end = end_us
        self._tracks = Tracks()
        self._counters: list[Event] = []
        self._lanes: dict[Key, Event] = {}
        self._blocks: dict[tuple[int, Any], Event] = {}
        self._waits: list[tuple[tuple[int, Any], Event]] = []

    def add_lane(self, event: Event) -> None:
        """A lane's life is a slice around what happens in it."""
        key, state = _key_of_lane(event), event.get("state")
        if state in _ENDS:
            if life := self._lanes.get(key):
                life["dur"] = max(0, event["at_us"] - life["ts"])
                life["args"]["state"] = state
        elif state:
            self._instant(event, f"{state}: {event.get('coroutine')}", self._loop(event))
        elif key.order == _LANES:
            name = _text(event.get("coroutine") or event.get("name") or event.get("of"))
            track = self._tracks.get(key, f"{name} ({event.get('lane')})")
            alive = {**event, "duration_us": self._end - event["at_us"]}
            self._lanes[key] = self._slice(alive, name, track)

    def add_run(self, event: Event) -> None:
        """One or more steps of a lane."""
        self._slice(event, "runs", self._lane(event))

    def add_await(self, event: Event) -> None:
        """A lane waits for something that is not the loop."""
        self._slice(event, f"awaits {event.get('on')}", self._lane(event))

    def add_ready(self, event: Event) -> None:
        """A lane waits for the loop alone."""
        piece = self._slice(event, "could run, but the loop was held", self._lane(event))
        self._waits.append(((_pid(event), event.get("blocked_by")), piece))

    def add_block(self, event: Event) -> None:
        """A step that held the loop."""
        name = event.get("call") or event.get("source") or "outside the cell"
        piece = self._slice(event, _text(name), self._loop(event))
        self._blocks[_pid(event), event.get("block")] = piece

    def add_sql(self, event: Event) -> None:
        """A statement, on its connection where that is known."""
        self._slice(event, _text(event.get("statement")), self._connection(event))

    def add_request(self, event: Event) -> None:
        """A request to the cell's own app."""
        name = f"{event.get('method')} {event.get('path')} {event.get('status')}"
        self._slice(event, _text(name), self._lane(event))

    def add_pool(self, event: Event) -> None:
        """Connections in use as a curve; what goes wrong as an instant."""
        name = f"connections in use, pool {event.get('pool') or 1}"
        self._count(event, name, _number(event.get("in_use")))
        if event.get("action") not in ("checkout", "checkin"):
            self._instant(event, f"pool: {event.get('action')}", self._loop(event))

    def add_tx(self, event: Event) -> None:
        """Begin, commit and the rest."""
        self._instant(event, str(event.get("action")), self._connection(event))

    def add_tick(self, event: Event) -> None:
        """How many tasks there are."""
        self._count(event, "tasks alive", _number(event.get("tasks")))

    def add_output(self, event: Event) -> None:
        """What was written, when."""
        stream = event["stream"]
        track = self._tracks.get(Key(_pid(event), _OUTPUT, stream), stream)
        self._instant(event, event["text"].strip(), track)

    def add_witness(self, event: Event) -> None:
        """What the supervisor saw, apart from what the run says of itself."""
        kind = event["kind"]
        track = self._tracks.get(Key(_pid(event), _OUTSIDE, kind), f"seen from outside: {kind}")
        name = event.get("statement") or event.get("function") or event.get("state") or kind
        self._slice(event, _text(name), track)

    def finish(self) -> list[Event]:
        """Names first, then everything in the order of time.

        At one time what encloses comes first, and an arrow right after its slice: a viewer binds
        it to what began last, be it an instant.
        """
        placed = list(self._tracks.lay_out())
        names = [event for event in placed if event["ph"] == "M"]
        timed = [event for event in placed if event["ph"] != "M"] + self._counters
        ordered = [(_place(event), event) for event in timed] + self._list_arrows()
        return names + [event for _, event in sorted(ordered, key=lambda each: each[0])]

    def _list_arrows(self) -> list[tuple[_Place, Event]]:
        """From each block to what it kept waiting, which may have been waiting already."""
        arrows: list[tuple[_Place, Event]] = []
        for number, (block, wait) in enumerate(self._waits, 1):
            cause = self._blocks.get(block)
            if cause is None:
                continue
            end = max(cause["ts"], wait["ts"])  # an arrow back in time is none
            if end < wait["ts"] + wait["dur"]:
                arrow = {"name": "kept waiting", "cat": "block", "id": number}
                begins = {**arrow, "ph": "s", **_where(cause, cause["ts"])}
                ends = {**arrow, "ph": "f", "bp": "e", **_where(wait, end)}
                arrows.append((_Place(cause["ts"], -cause["dur"], _ARROW), begins))
                after = min(one["dur"] for one in (cause, wait) if one["ts"] == end)
                arrows.append((_Place(end, -after, _ARROW + 1), ends))
        return arrows

    def _loop(self, event: Event) -> Track:
        return self._tracks.get(Key(_pid(event), _LOOP), "event loop")

    def _lane(self, event: Event) -> Track:
        key = _key_of_lane(event)
        return self._tracks.get(key, f"lane {key.which}" if key.order == _LANES else "event loop")

    def _connection(self, event: Event) -> Track:
        connection, lane = event.get("connection"), event.get("lane")
        name = f"connection {connection}" if connection else f"SQL of lane {lane}"
        return self._tracks.get(Key(_pid(event), _SQL, name), name)

    def _slice(self, event: Event, name: str, track: Track) -> Event:
        piece = {"ph": "X", "dur": _duration(event), **_told(event, name)}
        track.slices.append(piece)
        return piece

    def _instant(self, event: Event, name: str, track: Track) -> None:
        track.instants.append({"ph": "i", "s": "t", **_told(event, name)})

    def _count(self, event: Event, name: str, value: int) -> None:
        self._loop(event)
        counter = {"ph": "C", "name": name, "ts": event["at_us"], "pid": _pid(event), "tid": 0}
        self._counters.append({**counter, "args": {"count": value}})


_DRAWN: Final[Mapping[tuple[str, str], Callable[[_Drawing, Event], None]]] = {
    ("output", ""): _Drawing.add_output,
    ("telemetry", "lane"): _Drawing.add_lane,
    ("telemetry", "run"): _Drawing.add_run,
    ("telemetry", "await"): _Drawing.add_await,
    ("telemetry", "ready"): _Drawing.add_ready,
    ("telemetry", "block"): _Drawing.add_block,
    ("telemetry", "sql"): _Drawing.add_sql,
    ("telemetry", "req"): _Drawing.add_request,
    ("telemetry", "pool"): _Drawing.add_pool,
    ("telemetry", "tx"): _Drawing.add_tx,
    ("telemetry", "tick"): _Drawing.add_tick,
} | {
    ("witness", kind): _Drawing.add_witness
    for kind in ("lag", "stack", "thread", "statement", "lock", "idle")
}


def _place(event: Event) -> _Place:
    if event["ph"] != "X":
        return _Place(event["ts"], 1, 0)
    return _Place(event["ts"], -event["dur"], int(event["cat"] in _WITH_ARROWS))


def _told(event: Event, name: str) -> Event:
    arguments = {key: value for key, value in event.items() if key not in _LEFT_OUT}
    category = event.get("kind") or event["type"]
    where = {"ts": event["at_us"], "pid": _pid(event), "args": arguments}
    return {"name": _text(name), "cat": category, **where}


def _where(piece: Event, at_us: int) -> Event:
    return {"pid": piece["pid"], "tid": piece["tid"], "ts": at_us}


def _key_of_lane(event: Event) -> Key:
    lane = event.get("lane")
    return Key(_pid(event), _LANES, lane) if lane else Key(_pid(event), _LOOP)


def _pid(event: Event) -> int:
    return event.get("worker") or 1


def _duration(event: Event) -> int:
    return _number(event.get("duration_us"))


def _number(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0


def _text(value: object) -> str:
    return str(value or "")[:_LONGEST_NAME] or "(nothing)"
