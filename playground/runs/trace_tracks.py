"""Tracks of a trace: slices that would cross are put on threads of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple

Event = dict[str, Any]

_MOST_THREADS: Final = 32  # of one track, so that no run makes the layout slow


class Key(NamedTuple):
    """One track: whose, where it is shown, and which."""

    pid: int
    order: int
    which: str | int | None = None


class Track:
    """Slices and instants of one name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.slices: list[Event] = []
        self.instants: list[Event] = []

    def lay_out(self, numbers: Iterator[int]) -> list[int]:
        """Give each slice its thread: on one thread slices lie inside each other or apart."""
        threads = [next(numbers)]
        open_ends: list[list[int]] = [[]]
        for piece in sorted(self.slices, key=lambda piece: (piece["ts"], -piece["dur"])):
            place = _find_place(open_ends, piece)
            if place == len(threads):
                threads.append(next(numbers))
                open_ends.append([])
            if open_ends[place] and piece["ts"] + piece["dur"] > open_ends[place][-1]:
                piece["dur"] = open_ends[place][-1] - piece["ts"]  # the last thread takes the rest
            open_ends[place].append(piece["ts"] + piece["dur"])
            piece["tid"] = threads[place]
        for instant in self.instants:
            instant["tid"] = threads[0]
        return threads


class Tracks:
    """Every track by its key, made when something is put on it."""

    def __init__(self) -> None:
        self._tracks: dict[Key, Track] = {}

    def get(self, key: Key, name: str) -> Track:
        """The track; its name is what it was called first."""
        return self._tracks.setdefault(key, Track(name))

    def lay_out(self) -> Iterator[Event]:
        """The names of processes and threads, then slices and instants in no order."""
        pids = sorted({key.pid for key in self._tracks})
        for pid in pids:
            name = f"worker {pid}" if len(pids) > 1 else "run"
            yield _name("process_name", pid, 0, name=name)
        numbers = {pid: count(1) for pid in pids}
        for key in sorted(self._tracks, key=_place):
            track = self._tracks[key]
            for thread in track.lay_out(numbers[key.pid]):
                named = partial(_name, pid=key.pid, tid=thread)
                yield named("thread_name", name=track.name)
                yield named("thread_sort_index", sort_index=thread)
            yield from track.slices
            yield from track.instants


def _find_place(open_ends: list[list[int]], piece: Event) -> int:
    """The first thread on which the piece crosses nothing; one more, as long as there may be."""
    start, end = piece["ts"], piece["ts"] + piece["dur"]
    for place, ends in enumerate(open_ends):
        while ends and ends[-1] <= start:
            ends.pop()
        if not ends or end <= ends[-1]:
            return place
    return min(len(open_ends), _MOST_THREADS - 1)


def _place(key: Key) -> tuple[int, int, str]:
    return key.pid, key.order, str(key.which).zfill(20)


def _name(event: str, pid: int, tid: int, **arguments: object) -> Event:
    return {"ph": "M", "name": event, "pid": pid, "tid": tid, "ts": 0, "args": arguments}
