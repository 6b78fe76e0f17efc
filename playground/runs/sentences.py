"""What the event loop did, as one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sandbox.protocol import Summary, WitnessSummary

WORTH_TELLING_US: Final = 10_000
_PILED_UP: Final = 1.5


def describe_loop(blocks: Sequence[dict[str, Any]], summary: Summary) -> str:
    """The longest block with its call and line; when blocks piled up, all of them together."""
    told = [block for block in blocks if block.get("duration_us", 0) >= WORTH_TELLING_US]
    if not told:
        return ""
    longest = max(told, key=lambda block: block["duration_us"])
    whose = f" of worker {longest['worker']}" if longest.get("worker") else ""
    sentence = f"{_what(longest)} held the event loop{whose} for "
    sentence += say_duration(longest["duration_us"])
    same = [block for block in told if _place(block) == _place(longest)]
    if len(same) > 1:
        total = sum(block["duration_us"] for block in same)
        sentence += f", {len(same)} times, {say_duration(total)} in all"
    return sentence + _who_waited(same, longest["duration_us"], summary.longest_lag_us) + "."


def _who_waited(blocks: Sequence[dict[str, Any]], longest_us: int, lag_us: int) -> str:
    """How many tasks at most, and for how long where one block followed another."""
    counts = [block.get("waiting") for block in blocks]
    most = max((count for count in counts if isinstance(count, int)), default=0)
    who = f"; {most} task{'' if most == 1 else 's'} waited" if most > 0 else ""
    if lag_us <= _PILED_UP * longest_us:
        return who
    stretch = f"for up to {say_duration(lag_us)} at a stretch"
    return f"{who}, {stretch}" if who else f"; nothing else could run {stretch}"


def describe_witness(witness: WitnessSummary) -> str:
    """What was seen of the run from outside; empty where there was nothing to be seen."""
    seen = []
    if witness.heartbeat == "on" and witness.longest_lag_us:
        lag = say_duration(witness.longest_lag_us)
        seen.append(f"the loop did not answer for up to {lag}")
    elif witness.heartbeat == "on":
        seen.append("the loop always answered at once")
    elif witness.heartbeat == "silent":
        lag = say_duration(witness.longest_lag_us)
        seen.append(f"the loop never answered, at the last not for {lag}")
    if witness.statements is not None:
        plural = "" if witness.statements == 1 else "s"
        seen.append(f"the server saw {witness.statements:,} statement{plural}")
    return f"Seen from outside: {'; '.join(seen)}." if seen else ""


def _place(block: dict[str, Any]) -> tuple[Any, Any]:
    return block.get("line"), block.get("worker")


def _what(block: dict[str, Any]) -> str:
    name = block.get("call") or block.get("source") or "Something outside your code"
    line = block.get("line")
    return f"{name} on line {line}" if line else str(name)


def say_duration(microseconds: int) -> str:
    """As a person says it; what is below a millisecond is not worth a figure."""
    if microseconds < 1000:
        return "under 1 ms" if microseconds else "0 ms"
    if microseconds < 999_500:
        return f"{microseconds / 1000:.0f} ms"
    return f"{microseconds / 1_000_000:.2f} s"
