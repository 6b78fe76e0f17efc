"""What a socket sends to a page: hostile text stays text, and sentences say what happened."""

import json
import re
from html import unescape

import msgspec
import pytest

from exercises.printed import MAX_STDERR_CHARACTERS
from exercises.recogniser import MAX_EVENTS
from playground.runs import fragments, messages, sentences
from playground.runs.explanations import MetErrors
from sandbox.protocol import (
    MAX_CODE_BYTES,
    Finished,
    Output,
    Queued,
    Raised,
    Started,
    Summary,
    Telemetry,
    Value,
    Witness,
    WitnessSummary,
)

HOSTILE = "</div><script>alert(1)</script><p id=\"notice\" hx-swap-oob='true'>"


def render(*events: object) -> str:
    return fragments.RunPicture("trap").render(list(events))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event",
    [
        Output(0, "stdout", HOSTILE),
        Output(0, "stderr", HOSTILE),
        Telemetry(0, "sql", {"statement": HOSTILE}),
        Witness(0, "statement", {"statement": HOSTILE}),
        Finished(0, "raised", "your code", "", witness=WitnessSummary(disagreement=HOSTILE)),
        Value(0, text="", columns=[HOSTILE], rows=[[HOSTILE]], row_count=1),
        Value(0, text=HOSTILE),
        Finished(0, outcome="raised", fault="your code", message=HOSTILE),
    ],
    ids=["stdout", "stderr", "telemetry", "witness", "disagreement", "table", "value", "message"],
)
def test_what_a_run_wrote_is_escaped(event: object) -> None:
    shown = render(event)
    assert "<script" not in shown
    assert "alert(1)" in shown
    assert shown.count('hx-swap-oob="') == len(re.findall(r'id="cell-trap-[a-z]+"', shown))


def test_both_kinds_of_events_arrive_in_one_array() -> None:
    told = [Telemetry(5, "tick", {"steps": 1}), Witness(7, "lag", {"duration_us": 9}, worker=2)]
    [array] = re.findall(r'<data class="loop-event" value="([^"]+)"', render(*told))
    assert json.loads(unescape(array)) == [
        {"type": "telemetry", "at_us": 5, "kind": "tick", "steps": 1},
        {"type": "witness", "at_us": 7, "kind": "lag", "duration_us": 9, "worker": 2},
    ]


WITNESSES = {
    WitnessSummary(): "",
    WitnessSummary("on", 203_000, 203_000, 40, 21): (
        "Seen from outside: the loop did not answer for up to 203 ms; the server saw 21 statements."
    ),
    WitnessSummary("on", pings=4): "Seen from outside: the loop always answered at once.",
    WitnessSummary("silent", 2_000_000, 2_000_000, 1): (
        "Seen from outside: the loop never answered, at the last not for 2.00 s."
    ),
    WitnessSummary(statements=1): "Seen from outside: the server saw 1 statement.",
}


@pytest.mark.parametrize(("witness", "sentence"), WITNESSES.items())
def test_the_second_witness_has_a_sentence(witness: WitnessSummary, sentence: str) -> None:
    shown = render(Finished(0, "completed", "nobody", "Completed.", witness=witness))
    assert sentence in shown
    assert ("witness-sentence" in shown) == bool(sentence)
    assert "disagreement" not in shown


def test_a_disagreement_stands_beside_it() -> None:
    witness = WitnessSummary("on", 300_000, disagreement="Trust what was seen from outside.")
    shown = render(Finished(0, "completed", "nobody", "Completed.", witness=witness))
    assert '<p class="disagreement" role="note">Trust what was seen from outside.</p>' in shown


def test_output_of_one_stream_is_one_fragment_and_order_is_kept() -> None:
    shown = render(
        Output(0, "stdout", "a"),
        Output(0, "stdout", "b"),
        Output(0, "stderr", "c"),
        Output(0, "stdout", "d"),
    )
    assert re.findall(r'<span class="(\w+)" data-at="0">(\w+)</span>', shown) == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_output_of_another_moment_is_a_piece_of_its_own_with_its_time() -> None:
    """What a replay shows one after the other."""
    shown = render(
        Output(1_000, "stdout", "a"),
        Output(9_000, "stdout", "b"),
        Output(500_000, "stdout", "c"),
    )
    assert re.findall(r'data-at="(\d+)">(\w+)</span>', shown) == [("1000", "ab"), ("500000", "c")]


def test_each_workers_words_begin_a_line_with_its_label() -> None:
    picture = fragments.RunPicture("trap")
    shown = picture.render(
        [
            Output(0, "stdout", "a\n", worker=1),
            Output(0, "stdout", "b", worker=2),
            Output(0, "stderr", "c", worker=2),
            Output(0, "stdout", "d\n", worker=1),
        ]
    )
    shown += picture.render([Output(0, "stdout", "e\n", worker=1)])
    text = re.sub(r"<[^>]*>", "", shown)
    assert text == "worker 1 a\nworker 2 bc\nworker 1 d\ne\n"
    assert shown.count('<span class="worker"') == 3


def test_the_values_of_workers_stand_side_by_side() -> None:
    shown = render(Value(0, text="1", worker=1), Value(0, text="2", worker=2))
    assert shown.count('hx-swap-oob="beforeend"') == 2
    assert re.findall(r">worker (\d)</p>", shown) == ["1", "2"]
    assert 'hx-swap-oob="innerHTML"' in render(Value(0, text="1"))


def test_a_block_is_told_with_its_worker() -> None:
    blocks = [
        {"duration_us": spent, "line": 4, "call": "time.sleep", "worker": worker}
        for spent, worker in [(100_000, 1), (200_000, 2), (100_000, 2)]
    ]
    assert sentences.describe_loop(blocks, Summary(longest_lag_us=200_000)) == (
        "time.sleep on line 4 held the event loop of worker 2 for 200 ms, 2 times, 300 ms in all."
    )


def test_colours_vanish_and_control_characters_show() -> None:
    shown = render(Output(0, "stdout", "\x1b[31mred\x1b[0m\x00\tend\n"))
    assert ">red\ufffd\tend\n<" in shown


def test_telemetry_reaches_the_page_as_it_is() -> None:
    block = Telemetry(5, "block", {"duration_us": 7, "source": "f('<&>')", "line": None})
    [value] = re.findall(r'value="(.*?)">', render(block))
    [event] = json.loads(unescape(value))
    assert (event["at_us"], event["source"], event["line"]) == (5, "f('<&>')", None)


def test_an_error_points_at_its_line() -> None:
    error = Raised(type="NameError", message="x", line=7)
    finished = Finished(0, outcome="raised", fault="your code", message="m", error=error)
    assert 'data-outcome="raised" data-line="7"' in render(finished)
    assert 'data-line="0"' in render(Finished(0, outcome="completed", fault="nobody", message="m"))


def explained(*events: object, card: str = "") -> str:
    shown = fragments.RunPicture("trap", card).render(list(events))  # type: ignore[arg-type]
    [section] = re.findall(r'<section class="explanations".*?</section>', shown, re.DOTALL)
    return unescape(section)


LOCKED = Raised("sqlite3.OperationalError", "database is locked", line=7)
FAILED = Finished(0, outcome="raised", fault="your code", message="m", error=LOCKED)


def test_a_known_error_is_explained_at_its_line_with_its_card() -> None:
    section = explained(FAILED)
    assert 'data-line="7"' in section
    assert 'href="/errors/#database-is-locked"' in section
    assert 'href="/async-databases/sqlite-in-tests/#part-one-writer-at-a-time"' in section
    assert "on line 7" in section


def test_on_its_own_card_an_error_links_to_the_place_on_the_page() -> None:
    section = explained(FAILED, card="async-databases/sqlite-in-tests")
    assert 'On this card: <a href="#part-one-writer-at-a-time">One writer at a time</a>' in section


def test_errors_that_were_only_printed_or_caught_are_explained() -> None:
    printed = Output(0, "stderr", "<cell>:3: RuntimeWarning: coroutine 'f' was never awa")
    rest = Output(0, "stderr", "ited\n", worker=0)
    caught = Telemetry(0, "sql", {"error": "DeadlockDetected: deadlock detected", "line": 9})
    done = Finished(0, outcome="completed", fault="nobody", message="m")
    section = explained(printed, rest, caught, done)
    assert re.findall(r'data-line="(\d+)"', section) == ["9", "3"]


def test_an_error_of_a_worker_is_told_once_and_with_its_number() -> None:
    warned = "RuntimeWarning: coroutine 'f' was never awaited\n"
    outputs = [Output(0, "stderr", warned, worker=worker) for worker in (1, 2)]
    section = explained(*outputs, msgspec.structs.replace(FAILED, worker=2))
    assert re.findall(r"of worker (\d)", section) == ["2", "1"]
    assert section.index("database is locked") < section.index("never awaited")


def test_an_unknown_error_is_not_explained() -> None:
    error = Raised(type="NameError", message=HOSTILE, line=7)
    finished = Finished(0, outcome="raised", fault="your code", message="m", error=error)
    assert "explanations" not in render(finished)


def test_what_is_kept_for_explaining_is_bounded() -> None:
    met = MetErrors("")
    for _ in range(30):
        met.remember([Output(0, "stderr", "x" * 10_000)])
        met.remember([Telemetry(0, "sql", {"error": "E: x", "line": 1})] * 10)
    assert max(map(len, met._stderr.values())) <= MAX_STDERR_CHARACTERS
    assert max(map(len, met._events.values())) <= MAX_EVENTS


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (19, " for 203 ms; 19 tasks waited."),
        (1, " for 203 ms; 1 task waited."),
        (0, " for 203 ms."),
        (None, " for 203 ms."),
        ("many", " for 203 ms."),
    ],
)
def test_who_waited_for_a_block_is_told(waiting: object, words: str) -> None:
    block = {"duration_us": 203_000, "line": 12, "call": "time.sleep", "waiting": waiting}
    assert sentences.describe_loop([block], Summary(longest_lag_us=203_000)).endswith(words)


def test_who_waited_for_blocks_that_piled_up_is_told_with_the_stretch() -> None:
    blocks = [
        {"duration_us": 104_000, "line": 27, "call": "sleep", "waiting": waiting}
        for waiting in (9, 11, 10)
    ]
    assert sentences.describe_loop(blocks, Summary(longest_lag_us=312_000)) == (
        "sleep on line 27 held the event loop for 104 ms, 3 times, 312 ms in all; "
        "11 tasks waited, for up to 312 ms at a stretch."
    )


def test_waiting_is_told() -> None:
    assert "number 3 in the queue" in render(Queued(position=3))
    assert "fresh database" in render(Started(0, scratch="fresh"))


@pytest.mark.parametrize(
    ("blocks", "lag", "expected"),
    [
        ([], 0, ""),
        ([(9_999, 3)], 9_999, ""),
        ([(203_000, 12)], 203_000, "time.sleep on line 12 held the event loop for 203 ms."),
        (
            [(100_000, 4), (101_000, 4)],
            201_000,
            "time.sleep on line 4 held the event loop for 101 ms, 2 times, 201 ms in all; "
            "nothing else could run for up to 201 ms at a stretch.",
        ),
        ([(1_500_000, 0)], 1_500_000, "time.sleep held the event loop for 1.50 s."),
    ],
)
def test_the_loop_in_one_sentence(blocks: list[tuple[int, int]], lag: int, expected: str) -> None:
    told = [{"duration_us": spent, "line": line, "call": "time.sleep"} for spent, line in blocks]
    assert sentences.describe_loop(told, Summary(longest_lag_us=lag)) == expected


def test_a_page_message_is_read() -> None:
    text = '{"action": "run", "pack": "p", "card": "c", "cell": "x", "code": "1", "HEADERS": {}}'
    assert messages.decode(text) == messages.RunCell("p", "c", "x", code="1")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "null",
        '{"action": "run"}',
        '{"action": ["run"]}',
        '{"action": "stop", "pack": 1, "card": 2, "cell": 3}',
        "{" * 5000,
        "x" * (messages.MAX_MESSAGE_BYTES + 1),
        json.dumps(
            {"action": "run", "pack": "", "card": "", "cell": "", "code": "é" * MAX_CODE_BYTES}
        ),
        '{"action": "run", "pack": "", "card": "", "cell": "", "code": "\\ud800"}',
    ],
)
def test_anything_else_is_answered_with_a_sentence(text: str | None) -> None:
    with pytest.raises(messages.NotOurs) as refused:
        messages.decode(text)
    assert str(refused.value).endswith(".")
