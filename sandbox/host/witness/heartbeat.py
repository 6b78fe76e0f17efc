"""Asks one child's event loop, over and over, whether it is there, and looks when it is not.

While a loop runs there is one ping at a time on the way, each a number that nobody can know before.
An answer is late after ``LATE_SECONDS``: from then on, again and again, the supervisor asks the
kernel what the loop's thread does and reads where in the cell it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from typing import Final

from sandbox.host.witness.late import LateAnswer
from sandbox.host.witness.record import Record, Seen
from sandbox.host.witness.stack import Stack
from sandbox.host.witness.thread import Mark, ThreadState
from sandbox.host.zygote import Child
from sandbox.protocol import GOODBYE, HELLO, NONCE_BYTES

PERIOD_SECONDS: Final = 0.005
FIRST_SECONDS: Final = 0.002  # a run that is over by then is not asked at all
LATE_SECONDS: Final = 0.005
WORTH_TELLING_SECONDS: Final = 0.005
CUT_SECONDS: Final = 0.05
PINGED_AT_FULL_RATE: Final = 4
MOST_SKIPPED: Final = 8  # pings in a row: a cell may wait for news where no loop does
MOST_ANSWER_BYTES: Final = 64 * 1024  # beside one answer for each ping
_READ_BYTES: Final = 4096


class Pacer:
    """How often each of several loops is asked: the more there are, the less often."""

    def __init__(self) -> None:
        self.hearts = 0

    @property
    def period_seconds(self) -> float:
        """From one ping of a loop to its next."""
        return PERIOD_SECONDS * max(1.0, self.hearts / PINGED_AT_FULL_RATE)


class Heartbeat:
    """One child's. ``began`` is when the run did, on the performance counter."""

    def __init__(
        self,
        child: Child,
        pacer: Pacer,
        record: Record,
        worker: int,
        *,
        began: float,
        lines: int,
    ) -> None:
        self.seen = Seen(worker)
        self._child = child
        self._pacer = pacer
        self._record = record
        self._began = began
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._thread: ThreadState | None = None
        self._stack: Stack | None = None
        self._late: LateAnswer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._nonce: bytes | None = None
        self._mark = Mark()
        self._asked_at = 0.0  # since when an answer is owed; 0: none is
        self._heard_at = 0.0
        self._due_at = 0.0
        self._delay_ns = 0
        self._overrun = 0.0
        self._skipped = 0
        self._left_bytes = MOST_ANSWER_BYTES
        self._is_listening = False
        self._cut_at = 0.0

    def listen(self) -> None:
        """From the run's beginning: nothing is sent before a loop says hello."""
        self._loop.add_reader(self._child.answers, self._on_answer)
        self._is_listening = True

    def close(self, told_until: float) -> None:
        """At the child's end, which also ends a late answer.

        ``told_until`` is when its telemetry ended. A child that exits closes both lines at once.
        """
        now = time.perf_counter()
        if self._cut_at and told_until - self._cut_at > CUT_SECONDS:
            self.seen.cut_us = self._at_us(self._cut_at)
        self._stop_listening(now)
        if self._thread is not None:
            self._thread.close()
        if self._stack is not None:
            self._stack.close()

    def _stop_listening(self, now: float) -> None:
        if self._is_listening:
            self._is_listening = False
            self._loop.remove_reader(self._child.answers)
        self._end_loop(now)

    def _on_answer(self) -> None:
        now = time.perf_counter()
        try:
            piece = os.read(self._child.answers, _READ_BYTES)
        except BlockingIOError:
            return
        self._left_bytes -= len(piece)
        if not piece or self._left_bytes < 0:  # closed by the cell, or flooded
            self._cut_at = now
            self._stop_listening(now)
            return
        for start in range(0, len(piece), NONCE_BYTES):
            self._take(piece[start : start + NONCE_BYTES], now)

    def _take(self, word: bytes, now: float) -> None:
        if word == HELLO:
            self._begin_loop(now)
        elif word == GOODBYE:
            self._end_loop(now)
        elif word == self._nonce and self._asked_at:
            self._left_bytes += len(word)
            self._on_pong(now)

    def _begin_loop(self, now: float) -> None:
        if self._timer is not None:
            return
        if self._thread is None:
            self._thread = ThreadState(self._child.host_pid())
        self._pacer.hearts += 1
        self._heard_at = now
        self._tick_in(FIRST_SECONDS)

    def _end_loop(self, now: float) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._pacer.hearts -= 1
        if self._asked_at:
            self._settle(now)

    def _on_pong(self, now: float) -> None:
        assert self._thread is not None
        self._nonce = None
        if self._thread.slept_since(self._mark):
            # Somebody else answered: the loop still owes it.
            self.seen.forged += 1
            asleep = int((now - self._asked_at) * 1_000_000)
            self.seen.asleep_us = max(self.seen.asleep_us, asleep)
            return
        self.seen.heartbeat = "on"
        was_late = now - self._asked_at >= WORTH_TELLING_SECONDS
        self._settle(now)
        if was_late and self._timer is not None:
            # At once, as the next block may have begun already.
            self._timer.cancel()
            self._tick_in(0)

    def _settle(self, now: float) -> None:
        """The answer is there, or there will be none: tell how late it was."""
        lag = now - self._asked_at
        if lag >= WORTH_TELLING_SECONDS:
            self._tell(now, lag)
        self._nonce, self._asked_at, self._late = None, 0.0, None
        self._heard_at, self._overrun = now, 0.0

    def _tell(self, now: float, lag: float) -> None:
        seen, lag_us = self.seen, int(lag * 1_000_000)
        seen.blocked_us += lag_us
        if lag_us > seen.longest_lag_us:
            seen.longest_lag_us = lag_us
        excuse = self._overrun + self._waited_for_processor()
        held_us = max(lag_us - int(excuse * 1_000_000), 0)
        seen.held_us = max(seen.held_us, held_us)
        before = int((self._asked_at - self._heard_at) * 1_000_000)
        at = self._at_us(self._asked_at)
        self._record.add(
            at, "lag", seen.worker, duration_us=lag_us, held_us=held_us, before_us=before
        )
        if self._late is not None:
            self._late.tell(self._record, seen.worker, self._at_us, now)

    def _waited_for_processor(self) -> float:
        assert self._thread is not None
        return max(self._thread.mark().delay_ns - self._delay_ns, 0) / 1e9

    def _at_us(self, at: float) -> int:
        return int((at - self._began) * 1_000_000)

    def _tick_in(self, seconds: float) -> None:
        self._due_at = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._due_at, self._tick)

    def _tick(self) -> None:
        # How late we are ourselves is nothing the child can be blamed for.
        self._overrun = max(self._overrun, self._loop.time() - self._due_at - 0.001)
        now = time.perf_counter()
        if not self._asked_at and self._is_idle():
            self._heard_at = now
            self._tick_in(self._pacer.period_seconds)
            return
        if self._nonce is None:  # it has answered, or somebody else did
            self._ping(now)
        waited = now - self._asked_at
        if waited >= LATE_SECONDS:
            self._look(now)
        else:
            self._tick_in(LATE_SECONDS - waited if waited else self._pacer.period_seconds)

    def _is_idle(self) -> bool:
        """Whether the loop waits for news, by the kernel's word: then it need not be woken."""
        assert self._thread is not None
        may_skip = self._skipped < MOST_SKIPPED and self._thread.waits_for_news()
        self._skipped = self._skipped + 1 if may_skip else 0
        return may_skip

    def _look(self, now: float) -> None:
        assert self._thread is not None
        if self._stack is None:
            self._stack = Stack(self._child.host_pid(), self._child.landmarks, self._lines)
        if self._late is None:
            self._late = LateAnswer(self._thread, self._stack, self._asked_at)
        self._late.look(now)
        self._tick_in(self._late.pause_seconds(now))

    def _ping(self, now: float) -> None:
        assert self._thread is not None
        self._nonce = os.urandom(NONCE_BYTES)
        self._mark = self._thread.mark()
        if not self._asked_at:
            self._asked_at, self._delay_ns = now, self._mark.delay_ns
            self.seen.pings += 1
            if self.seen.heartbeat == "off":
                self.seen.heartbeat = "silent"  # until it answers
            gap = int((now - self._heard_at) * 1_000_000)
            self.seen.gap_us = max(self.seen.gap_us, gap)
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._child.pings, self._nonce)
