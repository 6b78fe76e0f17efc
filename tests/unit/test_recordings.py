"""Recordings: kept once and within bounds, read by their learner alone until they are shared."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from exercises.loader import BUILT_IN, load_packs
from playground.accounts.learners import digest_learner
from playground.runs import operations, queries, recordings
from playground.runs.messages import RunCell
from playground.runs.models import Recording
from sandbox.protocol import (
    Finished,
    Output,
    Queued,
    RunEvent,
    Started,
    Summary,
    Telemetry,
    Value,
)

pytestmark = pytest.mark.django_db

CARD = "/async-databases/blocking-driver/"
TRAP = load_packs([BUILT_IN])["async-databases"].cards[0].cells[0]
HOSTILE = "</textarea><script>alert(1)</script><p id=\"notice\" hx-swap-oob='true'>"
EVENTS: list[RunEvent] = [
    Queued(3),
    Started(0, "fresh"),
    Output(10, "stdout", HOSTILE),
    Telemetry(
        20, "block", {"block": 1, "duration_us": 203_000, "line": 12, "lane": 1, "call": HOSTILE}
    ),
    Telemetry(30, "sql", {"duration_us": 5, "statement": HOSTILE, "lane": 1, "line": 12}),
    Value(40, text=HOSTILE),
    Finished(
        210_000,
        "completed",
        "nobody",
        "Completed.",
        wall_us=210_000,
        summary=Summary(longest_block_us=203_000, statements=1),
    ),
]


def save(learner: str = "alice", run_id: str = "a" * 32, **fields: Any) -> Recording:
    events = fields.pop("events", EVENTS)
    address = {"pack": "async-databases", "card": "blocking-driver", "cell": "trap"}
    message = RunCell(**{**address, "code": HOSTILE, "driver": "aiosqlite", **fields})
    return operations.save_recording(
        learner=learner, run_id=run_id, message=message, cell=TRAP, events=events
    )


@pytest.fixture
def alice(client: Client) -> Client:
    """A learner with a page of a card, and one recording of hers."""
    client.get(CARD)
    save(client.session["learner"])
    return client


@pytest.fixture
def stranger() -> Client:
    """Another learner."""
    other = Client()
    other.get(CARD)
    return other


def post(client: Client, action: str) -> Any:
    return client.post(f"/runs/{'a' * 32}/{action}/", headers={"HX-Request": "true"})


def without_nonce(page: str) -> str:
    """Each answer has a nonce of its own."""
    nonce = re.search(r'csp-nonce" content="([^"]+)"', page)
    return page.replace(nonce[1], "") if nonce else page


def share(client: Client) -> str:
    """The link's path."""
    page = post(client, "share").content.decode()
    found = re.search(r'value="http://testserver(/r/[^"]+)"', page)
    assert found
    return found[1]


def test_a_run_is_kept_with_the_workers_it_was_asked_for() -> None:
    assert save().workers == TRAP.workers == 1
    assert save(run_id="b" * 32, workers="3").workers == 3


def test_a_run_is_kept_once_and_comes_back_as_it_was() -> None:
    first, again = save(), save(code="other")
    assert Recording.objects.count() == 1
    assert again.pk == first.pk
    recorded = recordings.unpack(Recording.objects.get().content)
    assert (recorded.code, recorded.events, recorded.is_cut) == (HOSTILE, EVENTS[1:], False)
    assert "alice" not in str(vars(first))


def test_a_picture_that_is_too_much_is_cut_before_output_and_end_are() -> None:
    flood: list[RunEvent] = [Telemetry(n, "tick", {"text": "x" * 1000}) for n in range(100)]
    recorded = recordings.cut("", [EVENTS[1], *flood, *EVENTS[2:]], most_bytes=20_000)
    assert recorded.is_cut
    assert len(recordings.pack(recorded)) < 20_000
    assert 0 < sum(isinstance(event, Telemetry) for event in recorded.events) < 25
    assert [type(event) for event in recorded.events if not isinstance(event, Telemetry)] == [
        Started,
        Output,
        Value,
        Finished,
    ]


def test_only_a_run_that_began_and_ended_is_worth_keeping() -> None:
    assert recordings.has_run(EVENTS)
    assert not recordings.has_run([EVENTS[-1]])
    assert not recordings.has_run(EVENTS[:-1])


def test_the_newest_of_each_cell_are_kept(settings: Settings) -> None:
    settings.RECORDINGS_PER_CELL = 3
    operations.share_recording(save(run_id="shared"))
    for number in range(5):
        save(run_id=f"run-{number}")
    save(run_id="of another cell", cell="cure")
    save("bob", run_id="of bob")
    kept = set(Recording.objects.values_list("run_id", flat=True))
    assert kept == {"shared", "run-2", "run-3", "run-4", "of another cell", "of bob"}


def test_what_is_too_old_is_neither_read_nor_kept(settings: Settings) -> None:
    old, shared = save(run_id="old"), save(run_id="shared")
    operations.share_recording(shared)
    long_ago = timezone.now() - timedelta(days=settings.RECORDING_DAYS + 1)
    Recording.objects.update(created_at=long_ago)
    assert queries.get_own("alice", old.run_id) is None
    assert queries.get_own("alice", shared.run_id) == shared
    Recording.objects.update(share_expires_at=timezone.now())
    assert queries.get_shared(shared.share_token or "") is None
    save("bob", run_id="new")
    assert [one.run_id for one in Recording.objects.all()] == ["new"]


@pytest.mark.parametrize("whose", ["RECORDING_MEGABYTES_PER_LEARNER", "RECORDING_MEGABYTES"])
def test_the_oldest_make_room_for_the_newest(settings: Settings, whose: str) -> None:
    setattr(settings, whose, 1)
    operations.share_recording(save(run_id="shared"))
    for number in range(4):
        save(run_id=f"run-{number}", cell=f"cell-{number}")
        Recording.objects.filter(run_id=f"run-{number}").update(stored_bytes=400 * 1024)
    save(run_id="last")
    kept = set(Recording.objects.values_list("run_id", flat=True))
    assert kept == {"shared", "run-2", "run-3", "last"}


def test_its_learner_reads_it_and_a_stranger_does_not(alice: Client, stranger: Client) -> None:
    paths = ["", "fragments/", "recording.json", "trace.json"]
    for path in paths:
        address = f"/runs/{'a' * 32}/{path}"
        assert alice.get(address).status_code == 200, path
        refusals = [
            (answer.status_code, without_nonce(answer.content.decode()))
            for answer in (
                stranger.get(address),
                Client().get(address),
                stranger.get(f"/runs/{'b' * 32}/{path}"),
                alice.get(f"/runs/{'b' * 32}/{path}"),
            )
        ]
        assert {status for status, _ in refusals} == {404}
        assert len(set(refusals)) == 1


def test_a_stranger_neither_shares_nor_stops_sharing(alice: Client, stranger: Client) -> None:
    for client in (stranger, Client()):
        assert post(client, "share").status_code == 404
    assert Recording.objects.get().share_token is None
    link = share(alice)
    for client in (stranger, Client()):
        assert post(client, "stop-sharing").status_code == 404
    assert stranger.get(link).status_code == 200


def test_what_changes_something_needs_the_token_of_our_own_page(alice: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.cookies
    for action in ("share", "stop-sharing", "delete"):
        assert alice.get(f"/runs/{'a' * 32}/{action}/").status_code == 405
        refused = post(strict, action)
        assert refused.status_code == 403
        assert "Nothing was changed" in refused.content.decode()
    page = strict.get(CARD).content.decode()
    token = re.search(r'"X-CSRFToken": "(\w+)"', page)
    assert token
    headers = {"HX-Request": "true", "X-CSRFToken": token[1]}
    assert strict.post(f"/runs/{'a' * 32}/share/", headers=headers).status_code == 200


def test_a_link_is_unguessable_opens_for_anybody_and_can_be_taken_back(alice: Client) -> None:
    link = share(alice)
    assert len(link) >= len("/r/" + "x" * 32)
    assert share(alice) == link
    anybody = Client()
    for path in ("", "fragments/", "recording.json", "trace.json"):
        answer = anybody.get(link + path)
        assert answer.status_code == 200, path
        assert answer["Cache-Control"] == "private, no-store"
        assert "a" * 32 not in answer.content.decode()
        assert alice.session["learner"] not in answer.content.decode()
        assert digest_learner(alice.session["learner"]) not in answer.content.decode()
    assert not anybody.cookies
    assert "Stop sharing" not in anybody.get(link).content.decode()
    post(alice, "stop-sharing")
    assert anybody.get(link).status_code == 404
    assert share(alice) != link


def test_my_runs_are_listed_and_deleted_and_nobody_elses(alice: Client, stranger: Client) -> None:
    share(alice)
    page = alice.get("/runs/").content.decode()
    assert f"/runs/{'a' * 32}/" in page
    assert "Stop sharing" in page
    for client in (stranger, Client()):
        assert "a" * 32 not in client.get("/runs/").content.decode()
        assert post(client, "delete").status_code == 404
    assert Recording.objects.exists()
    assert post(alice, "delete")["Location"] == "/runs/"
    assert not Recording.objects.exists()
    assert "No run of this browser is kept" in alice.get("/runs/").content.decode()


def test_one_shares_so_many_and_no_more(alice: Client) -> None:
    learner = alice.session["learner"]
    for number in range(operations.MOST_SHARED):
        operations.share_recording(save(learner, run_id=f"run-{number}", cell=f"cell-{number}"))
    refused = post(alice, "share").content.decode()
    assert "Stop sharing one of them first" in refused
    assert "/r/" not in refused


def test_hostile_code_and_output_stay_text(alice: Client) -> None:
    link = share(alice)
    for address in (link, f"{link}fragments/"):
        page = alice.get(address).content.decode()
        assert "<script>" not in page
        assert "hx-swap-oob='true'" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in alice.get(link).content.decode()


def test_fragments_are_what_the_socket_sent(alice: Client) -> None:
    told = alice.get(f"/runs/{'a' * 32}/fragments/").content.decode()
    assert 'data-outcome="completed"' in told
    assert "held the event loop for 203 ms" in told
    assert 'class="loop-event"' in told


def test_a_recording_is_a_file_of_a_known_form(alice: Client) -> None:
    answer = alice.get(f"/runs/{'a' * 32}/recording.json")
    assert answer["Content-Disposition"] == (
        'attachment; filename="blocking-driver-trap-recording.json"'
    )
    told = json.loads(answer.content)
    assert (told["version"], told["code"]) == (1, HOSTILE)
    assert told["run"]["driver"] == "aiosqlite"
    assert [event["type"] for event in told["events"]] == [
        "started",
        "output",
        "telemetry",
        "telemetry",
        "value",
        "finished",
    ]
    assert told["events"][2]["duration_us"] == 203_000


def test_a_trace_is_a_file_with_events_and_what_it_is_of(alice: Client) -> None:
    answer = alice.get(f"/runs/{'a' * 32}/trace.json")
    assert "attachment" in answer["Content-Disposition"]
    told = json.loads(answer.content)
    assert told["otherData"]["cell"] == "trap"
    assert 203_000 in [event.get("dur") for event in told["traceEvents"]]


def test_a_recording_of_a_card_that_is_gone_is_still_shown(alice: Client) -> None:
    Recording.objects.update(card="gone", cell="lost")
    page = alice.get(f"/runs/{'a' * 32}/").content.decode()
    assert "lost: a recorded run" in page
    assert "Open in my cell" not in page


def test_two_own_runs_are_compared_and_a_strangers_is_not(alice: Client, stranger: Client) -> None:
    mine, theirs = alice.session["learner"], stranger.session["learner"]
    cure = [*EVENTS[1:3], Finished(9, "completed", "nobody", "Completed.", wall_us=20_000)]
    save(mine, run_id="b" * 32, cell="cure", code="pass\n", events=cure)
    save(theirs, run_id="c" * 32)
    address = f"/runs/compare/{'a' * 32}/{'b' * 32}/"
    page = alice.get(address).content.decode()
    assert "The longest block fell from 203 ms to none." in page
    assert "<script>" not in page
    assert "<ins>+pass</ins>" in page
    partial = alice.get(address, headers={"HX-Request": "true"}).content.decode()
    assert partial.lstrip().startswith("<section")
    assert "<h3>The trap against The cure</h3>" in partial
    assert "<h2>" not in page
    chosen = alice.get(f"/runs/compare/?with={'a' * 32}&run={'b' * 32}")
    assert (chosen.status_code, chosen["Location"]) == (302, address)
    three = f"/runs/compare/{'a' * 32}/{'b' * 32}/{'a' * 32}/"
    assert alice.get(three).content.decode().count("<recorded-loop") == 3
    for client in (stranger, Client()):
        assert client.get(address).status_code == 404
        assert client.get(f"/runs/compare/?with={'a' * 32}&run={'b' * 32}").status_code == 404
    for one, two in (("a", "c"), ("c", "a")):
        assert alice.get(f"/runs/compare/{one * 32}/{two * 32}/").status_code == 404


def test_the_choice_to_compare_with_begins_with_the_trap_of_a_cure() -> None:
    from playground.runs.titles import list_choices

    for number, cell in enumerate(("trap", "threads", "cure", "threads")):
        save(run_id=f"run-{number}", cell=cell)
    newest = save(run_id="newest", cell="cure")
    choices = list_choices(newest, queries.list_others(newest))
    assert [choice.run_id for choice in choices] == ["run-3", "run-2", "run-1", "run-0"]
    assert [choice.run_id for choice in choices if choice.is_default] == ["run-0"]
    assert choices[-1].text == "The trap, 203 ms block, just now"
    threads = Recording.objects.get(run_id="run-3")
    again = list_choices(threads, queries.list_others(threads))
    assert [choice.run_id for choice in again if choice.is_default] == ["run-1"]


def test_more_runs_than_one_page_shows_are_on_the_next(alice: Client, settings: Settings) -> None:
    settings.RECORDINGS_PER_CELL = 100
    for number in range(40):
        save(alice.session["learner"], run_id=f"run-{number:04}", cell=f"cell-{number}")
    first, last = (alice.get(f"/runs/?page={page}").content.decode() for page in (1, 2))
    assert ("run-0039" in first, "run-0039" in last) == (True, False)
    assert ("a" * 32 in first, "a" * 32 in last) == (False, True)
    assert "Page 2 of 2" in last
    assert "Page 2 of 2" in alice.get("/runs/?page=99").content.decode()
    assert "Page 1 of 2" in alice.get("/runs/?page=<b>").content.decode()
