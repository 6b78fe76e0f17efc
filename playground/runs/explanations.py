"""The known errors that a run met, as the page tells them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString

from exercises.known import KnownError
from exercises.printed import MAX_STDERR_CHARACTERS
from exercises.recogniser import MAX_EVENTS, MAX_EXPLANATIONS, EventSigns, explain
from playground.catalog import markdown, queries
from sandbox.protocol import Finished, Output, RunEvent, Telemetry


class ToldError(NamedTuple):
    """One error as the page tells it; ``worker`` and ``line`` are 0 when they are not known."""

    known: KnownError
    line: int
    worker: int
    address: str
    link: SafeString
    is_here: bool


class MetErrors:
    """Gathers what a run said of errors, worker by worker, and explains it at the end."""

    def __init__(self, card: str) -> None:
        self._card = card
        self._known = list(queries.get_known_errors().values())
        self._signs = EventSigns(self._known)
        self._stderr: defaultdict[int, str] = defaultdict(str)
        self._events: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)

    def remember(self, events: Iterable[RunEvent]) -> None:
        """Keep what an explanation may need, within bounds."""
        for event in events:
            if isinstance(event, Output) and event.stream == "stderr":
                said = self._stderr[event.worker] + event.text
                self._stderr[event.worker] = said[-MAX_STDERR_CHARACTERS:]
            elif isinstance(event, Telemetry):
                self._keep(event)

    def explain(self, finished: Finished) -> list[ToldError]:
        """What the run met, what ended it first; of several workers each error once."""
        ended = finished.worker or min(self._stderr, default=0)
        workers = sorted({ended, *self._stderr, *self._events}, key=lambda one: one != ended)
        told: dict[str, ToldError] = {}
        for worker in workers:
            raised = finished.error if worker == ended else None
            found = explain(self._known, raised, self._stderr[worker], self._events[worker])
            for each in found:
                told.setdefault(each.known.slug, self._told(each.known, each.line, worker))
        return list(told.values())[:MAX_EXPLANATIONS]

    def _keep(self, event: Telemetry) -> None:
        fields = {**event.fields, "kind": event.kind}
        if not self._signs.is_telling(fields):
            return
        kept = self._events[event.worker]
        if len(kept) < MAX_EVENTS:
            kept.append(fields)

    def _told(self, known: KnownError, line: int, worker: int) -> ToldError:
        card = queries.get_card(known.pack, known.card)
        assert card is not None  # the loader looked
        is_here = f"{known.pack}/{known.card}" == self._card
        path = "" if is_here else reverse("card", args=[known.pack, known.card])
        title = card.anchors()[known.anchor] if is_here else card.question
        link = markdown.render_inline(title)
        return ToldError(known, line, worker, f"{path}#{known.anchor}", link, is_here)
