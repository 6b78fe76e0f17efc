"""Figures for whoever hosts the site. Each process counts for itself, and says which one it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sandbox.protocol import Finished, Output, RunEvent, Started, Status

REGISTRY: Final = CollectorRegistry()
_SECONDS: Final = (0.01, 0.025, 0.05, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10, 30)
_LAGS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
LIMITS: Final = (*("timed_out", "out_of_memory", "output_limit", "process_limit", "disk_limit"),)

RUNS = Counter(
    *("playground_runs", "Runs that ended, as their learners were told"),
    *(["outcome"],),
    registry=REGISTRY,
)
FIRST_OUTPUT = Histogram(
    *("playground_first_output_seconds", "From a learner's asking to the first output in the page"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
STREAM_LAG = Histogram(
    *("playground_stream_lag_seconds", "How much later than its run's quickest a batch came"),
    buckets=_LAGS,
    registry=REGISTRY,
)
SOCKETS = Gauge("playground_sockets", "Pages that are connected", registry=REGISTRY)
WORKER_RUNS = Counter(
    *("playground_worker_runs", "Runs that a worker took, by how they ended there"),
    *(["outcome"],),
    registry=REGISTRY,
)
QUEUE_WAIT = Histogram(
    *("playground_queue_wait_seconds", "From a worker's taking a run to the child's having it"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
KILLS = Counter(
    *("playground_kills", "Runs that were ended by a limit"), *(["limit"],), registry=REGISTRY
)
CHILDREN = Gauge(
    *("playground_children", "Jailed children, and runs that wait for one"),
    *(["state"],),
    registry=REGISTRY,
)
SCRATCH = Gauge(
    *("playground_scratch_slots", "Scratch databases of Postgres, and learner sessions with files"),
    *(["state"],),
    registry=REGISTRY,
)
MEMORY = Gauge(
    *("playground_memory_bytes", "Proportional share of memory (PSS)"),
    *(["part"],),
    registry=REGISTRY,
)


class PageClock:
    """One run as its page sees it, from its asking."""

    def __init__(self) -> None:
        """Now."""
        self._asked_at = time.monotonic()
        self._quickest: float | None = None
        self._has_output = False

    def see(self, events: Sequence[RunEvent]) -> None:
        """A batch that has just come."""
        now = time.monotonic()
        for event in events:
            if isinstance(event, Output) and not self._has_output:
                self._has_output = True
                FIRST_OUTPUT.observe(now - self._asked_at)
            elif isinstance(event, Finished):
                RUNS.labels(event.outcome).inc()
        if events and (at_us := getattr(events[-1], "at_us", 0)):
            self._see_lag(now - at_us / 1_000_000)

    def _see_lag(self, offset: float) -> None:
        """Two machines' clocks need not agree: what is compared is one run's batches."""
        if self._quickest is None or offset < self._quickest:
            self._quickest = offset
        STREAM_LAG.observe(offset - self._quickest)


class WorkerClock:
    """One run as its worker sees it, from its taking."""

    def __init__(self) -> None:
        """Now."""
        self._taken_at = time.monotonic()

    def see(self, events: Sequence[RunEvent]) -> None:
        """A batch that is about to be published."""
        for event in events:
            if isinstance(event, Started):
                QUEUE_WAIT.observe(time.monotonic() - self._taken_at)
            elif isinstance(event, Finished):
                WORKER_RUNS.labels(event.outcome).inc()
                if event.outcome in LIMITS:
                    KILLS.labels(event.outcome).inc()


def note_supervisor(status: Status) -> None:
    """What the supervisor says of itself."""
    for state, count in (
        *[("running", status.running), ("queued", status.queued), ("parked", status.parked)],
    ):
        CHILDREN.labels(state).set(count)
    for state, count in (
        *[("lent", status.slots_lent), ("ready", status.slots_ready)],
        ("sessions", status.sessions),
    ):
        SCRATCH.labels(state).set(count)
    MEMORY.labels("zygote").set(status.zygote_pss_bytes)
    MEMORY.labels("runs").set(sum(status.running_pss_bytes))
