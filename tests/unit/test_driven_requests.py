"""What a run may ask to be driven with: taken, or refused with a reason, and never an error."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.host.refusal import RequestRefused, limits_of
from sandbox.protocol import (
    MAX_PHASES,
    MAX_READS,
    MAX_REQUESTS,
    DrivenRequest,
    Limits,
    Phase,
    Read,
    RunRequest,
)

text = st.text(st.characters(), max_size=8)  # half surrogates as well
requests = st.builds(
    DrivenRequest,
    method=st.sampled_from(["GET", "POST"]) | text,
    path=st.sampled_from(["/", "/a?b=c"]) | text,
    body=text,
    headers=st.dictionaries(text, text, max_size=2),
)
seconds = st.sampled_from([0.0, 1.0]) | st.floats()
phases = st.builds(
    Phase, text, st.lists(requests, max_size=3), st.booleans(), seconds, seconds, seconds
)
_names = itertools.count()


@given(st.lists(phases, max_size=3), st.lists(st.builds(Read, text, text), max_size=3))
def test_whatever_is_asked_is_taken_or_refused(phases: list[Phase], reads: list[Read]) -> None:
    request = RunRequest("id", "", database="sqlite", phases=phases, reads=reads)
    with contextlib.suppress(RequestRefused):
        limits_of(request, "full")


def some(count: int) -> list[Phase]:
    return [Phase(f"phase {next(_names)}", [DrivenRequest()]) for _ in range(count)]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (RunRequest("id", "", phases=some(MAX_PHASES + 1)), f"at most {MAX_PHASES} phases"),
        (
            RunRequest("id", "", phases=[Phase("p", [DrivenRequest()] * (MAX_REQUESTS + 1))]),
            f"1 to {MAX_REQUESTS} requests",
        ),
        (
            RunRequest("id", "", phases=[Phase("p", [DrivenRequest()], pause_seconds=-1)]),
            "its times",
        ),
        (
            RunRequest("id", "", phases=[Phase("p", [DrivenRequest()], timeout_seconds=0)]),
            "answered in 0 s",
        ),
        (
            RunRequest(
                "id",
                "",
                database="sqlite",
                reads=[Read(str(number), "") for number in range(MAX_READS + 1)],
            ),
            f"at most {MAX_READS} reads",
        ),
    ],
)
def test_too_much_is_refused(request_: RunRequest, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        limits_of(request_, "full")


def test_as_much_as_there_may_be_is_taken() -> None:
    whole = [
        Phase(each.name, [DrivenRequest()] * MAX_REQUESTS, disconnect_seconds=1)
        for each in some(MAX_PHASES)
    ]
    assert limits_of(RunRequest("id", "", phases=whole, workers=4), "full") == Limits()
