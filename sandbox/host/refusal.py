"""Which runs the supervisor takes, and the limits they run under."""

from __future__ import annotations

from typing import Final

import msgspec

from sandbox.host.driving.answers import Answer
from sandbox.protocol import (
    MAX_CODE_BYTES,
    MAX_PHASE_SECONDS,
    MAX_PHASES,
    MAX_READS,
    MAX_REQUESTS,
    MAX_WORKERS,
    PROFILES,
    Level,
    Limits,
    Phase,
    RunRequest,
)

RETRY_SECONDS: Final = 5.0
MAX_DISK_BYTES: Final = 1024 * 1024 * 1024


class RequestRefused(Exception):
    """A request the supervisor does not take; ``busy`` means that later it might."""

    def __init__(self, reason: str, *, retry_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.busy = retry_seconds > 0
        self.retry_seconds = retry_seconds


def limits_of(request: RunRequest, level: Level) -> Limits:
    """The limits of a run at this level of the jail. Raises RequestRefused."""
    if len(request.code.encode(errors="replace")) > MAX_CODE_BYTES:
        raise RequestRefused(f"the code is larger than {MAX_CODE_BYTES // 1024} KiB")
    limits = PROFILES.get(request.profile)
    if limits is None:
        raise RequestRefused(f"no limit profile {request.profile!r}: {', '.join(PROFILES)}")
    if limits.process_count > 1 and (request.workers > 1 or level != "full"):
        raise RequestRefused(
            "code that starts processes needs the jail's full level, and one worker: "
            "several workers are several processes already"
        )
    if not 1 <= request.workers <= MAX_WORKERS:
        raise RequestRefused(f"a run has 1 to {MAX_WORKERS} workers, not {request.workers}")
    if not 0 <= request.disk_bytes <= MAX_DISK_BYTES:
        raise RequestRefused(f"a disk has at most {MAX_DISK_BYTES // 1024**2} MiB")
    if request.disk_bytes:
        limits = msgspec.structs.replace(limits, disk_bytes=request.disk_bytes)
    _check_phases(request.phases)
    _check_reads(request)
    if request.wall_seconds > 0:
        seconds = min(request.wall_seconds, 10 * limits.wall_seconds)
        limits = msgspec.structs.replace(limits, wall_seconds=seconds)
    return limits


def _check_phases(phases: list[Phase]) -> None:
    if len(phases) > MAX_PHASES or len({phase.name for phase in phases}) < len(phases):
        raise RequestRefused(f"a run has at most {MAX_PHASES} phases, each with its own name")
    for phase in phases:
        if not 1 <= len(phase.requests) <= MAX_REQUESTS:
            raise RequestRefused(f"phase {phase.name!r}: a phase has 1 to {MAX_REQUESTS} requests")
        seconds = (phase.disconnect_seconds, phase.pause_seconds, phase.timeout_seconds)
        if not all(0 <= each <= MAX_PHASE_SECONDS for each in seconds) or not seconds[-1]:
            raise RequestRefused(
                f"phase {phase.name!r}: its times are 0 to {MAX_PHASE_SECONDS:g} s, "
                "and no request is answered in 0 s"
            )
        try:
            for request in phase.requests:
                Answer(request)
        except ValueError as error:
            raise RequestRefused(f"phase {phase.name!r}: {error}") from error


def _check_reads(request: RunRequest) -> None:
    reads = request.reads
    if reads and request.database == "none":
        raise RequestRefused("there is nothing to read in a run without a database")
    if len(reads) > MAX_READS or len({read.name for read in reads}) < len(reads):
        raise RequestRefused(f"a run has at most {MAX_READS} reads, each with its own name")
