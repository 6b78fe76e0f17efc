"""What the event loop did, as one plain sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from playground.runs.held_up import HeldUp
from sandbox.protocol import Queued, Summary, WitnessSummary

WORTH_TELLING_US: Final = 10_000
MANY_TIMES: Final = 5  # for a statement on one line of one task
_PILED_UP: Final = 1.5


def describe_loop(
    blocks: Sequence[dict[str, Any]], summary: Summary, held_up: HeldUp | None = None
) -> str:
    """The longest block with its call and line; when blocks piled up, all of them together.

    Who waited are requests, where ``held_up`` knows of any, or else tasks.
    """
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
    requests = held_up.count(same) if held_up is not None else 0
    who = f"; {say_count(requests, 'request')} waited" if requests else _tasks_waited(same)
    return sentence + who + _stretch(who, longest["duration_us"], summary.longest_lag_us) + "."


def describe_statements(statements: Sequence[dict[str, Any]]) -> str:
    """The statement that one line of one task asked again and again, where there is one."""
    asked: Counter[tuple[Any, ...]] = Counter()
    took: Counter[tuple[Any, ...]] = Counter()
    for each in statements:
        if str(each.get("statement", "")).lstrip()[:6].upper() == "SELECT" and each.get("line"):
            place = tuple(each.get(name) for name in ("line", "fingerprint", "lane", "worker"))
            asked[place] += 1
            took[place] += each.get("duration_us") or 0
    [(place, times)] = asked.most_common(1) or [((), 0)]
    if times < MANY_TIMES:
        return ""
    return (
        f"Line {place[0]} sent the same SELECT {times} times, one after another, "
        f"{say_duration(took[place])} in all: one statement for all of them asks the server once."
    )


def describe_wait(queued: Queued) -> str:
    """The place in the queue, and in about what time it is this run's turn."""
    sentence = f"Waiting for a free place: number {queued.position} in the queue"
    if not queued.wait_seconds:
        return f"{sentence}."
    wait = f"about {queued.wait_seconds:.0f} s" if queued.wait_seconds >= 2 else "a moment"
    return f"{sentence}, {wait} from now. The time limit begins when your code does."


def _tasks_waited(blocks: Sequence[dict[str, Any]]) -> str:
    """How many tasks at most."""
    counts = [block.get("waiting") for block in blocks]
    most = max((count for count in counts if isinstance(count, int)), default=0)
    return f"; {say_count(most, 'task')} waited" if most > 0 else ""


def _stretch(who: str, longest_us: int, lag_us: int) -> str:
    """For how long, where one block followed another."""
    if lag_us <= _PILED_UP * longest_us:
        return ""
    stretch = f"for up to {say_duration(lag_us)} at a stretch"
    return f", {stretch}" if who else f"; nothing else could run {stretch}"


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
        seen.append(f"the server saw {say_count(witness.statements, 'statement')}")
    return f"Seen from outside: {'; '.join(seen)}." if seen else ""


def _place(block: dict[str, Any]) -> tuple[Any, Any]:
    return block.get("line"), block.get("worker")


def _what(block: dict[str, Any]) -> str:
    name = block.get("call") or block.get("source") or "Something outside your code"
    line = block.get("line")
    return f"{name} on line {line}" if line else str(name)


def say_count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say_duration(microseconds: int) -> str:
    """As a person says it; what is below a millisecond is not worth a figure."""
    if microseconds < 1000:
        return "under 1 ms" if microseconds else "0 ms"
    if microseconds < 999_500:
        return f"{microseconds / 1000:.0f} ms"
    return f"{microseconds / 1_000_000:.2f} s"
