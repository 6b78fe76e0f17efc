"""How long news had to wait until the loop looked for it."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

WORTH_KEEPING_SECONDS: Final = 0.001


class Lag:
    """The turns of a loop that were long: while one lasts, nobody else is served."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.usual = 0.0  # a longer turn is to be noted
        self.watched = 0.0
        """For how many seconds the loop ran."""
        self._turns: list[float] = []

    def note(self, turn: float) -> None:
        """A turn took so many seconds."""
        self.longest = max(self.longest, turn)
        self.usual = min(self.longest, WORTH_KEEPING_SECONDS)
        if turn > WORTH_KEEPING_SECONDS:
            self._turns.append(turn)

    def percentile(self, share: float) -> float:
        """Seconds, of whatever may come at any time while the loop runs; 0 below a millisecond.

        What comes while a turn of ``t`` seconds has ``x`` left waits for ``x``, so longer than
        ``x`` waits what comes in the first ``t - x``: of all turns together, ``1 - share`` of the
        time watched.
        """
        turns = sorted(self._turns, reverse=True)
        late = (1 - share) * self.watched
        for count, total in enumerate(accumulate(turns), start=1):
            following = turns[count] if count < len(turns) else WORTH_KEEPING_SECONDS
            wait = (total - late) / count
            if wait >= following:
                return wait
        return 0.0
