"""Which runs the supervisor takes, and the limits they run under."""

from __future__ import annotations

from typing import Final

import msgspec

from sandbox.protocol import MAX_CODE_BYTES, MAX_WORKERS, PROFILES, Level, Limits, RunRequest

RETRY_SECONDS: Final = 5.0


class RequestRefused(Exception):
    """A request the supervisor does not take; ``busy`` means that later it might."""

    def __init__(self, reason: str, *, busy: bool = False) -> None:
        super().__init__(reason)
        self.busy = busy
        self.retry_seconds = RETRY_SECONDS if busy else 0.0


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
    if request.wall_seconds > 0:
        seconds = min(request.wall_seconds, 10 * limits.wall_seconds)
        limits = msgspec.structs.replace(limits, wall_seconds=seconds)
    return limits
