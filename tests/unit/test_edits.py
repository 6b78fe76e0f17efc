"""Edits: whoever writes last has the place, and nothing that was typed is lost."""

from __future__ import annotations

import html
import itertools
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from playground.accounts.models import User
from playground.edits import messages, operations, views
from playground.edits.flood import Flood
from playground.edits.messages import MOST_SET_ASIDE
from playground.edits.models import Edit
from playground.edits.queries import list_edits, name_owner
from sandbox.protocol import MAX_CODE_BYTES
from tests.accounts import make_user, post, sign_in
from tests.attempts import PACK
from tests.edits import EDITS, PAGE, list_aside, read, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

ALICE = "alice@example.org"
HOSTILE = "</textarea><script>alert(1)</script>'\"\u2028"
CARD = PACK.cards[0]
AUTHOR = CARD.cells[0].code
_numbers = itertools.count()


@pytest.fixture
def browser(client: Client) -> Client:
    """One that opened the card."""
    client.get(PAGE)
    return client


def test_what_was_typed_is_on_the_page_of_its_learner_alone(browser: Client) -> None:
    told = write(browser, HOSTILE, base="of the author")
    assert (told["text"], told["base"], told["version"]) == (HOSTILE, "of the author", 1)
    page = browser.get(PAGE).content.decode()
    assert "<script>alert" not in page
    kept = re.search(
        r'data-key="async-databases/blocking-driver/trap"[^>]* data-kept="([^"]*)"', page
    )
    assert kept
    assert json.loads(html.unescape(kept[1])) == read(browser) == told
    stranger = Client()
    assert " data-kept=" not in stranger.get(PAGE).content.decode()
    assert read(stranger) is None


def test_a_page_goes_on_from_what_it_saw() -> None:
    browser = Client()
    browser.get(PAGE)
    assert write(browser, "1")["version"] == 1
    told = write(browser, "2", seen=1, writer="another tab")
    assert (told["version"], told["set_aside"]) == (2, [])
    assert write(browser, "2", seen=1, writer="a third")["version"] == 2
    assert Edit.objects.count() == 1


def test_whoever_writes_last_has_the_place_and_the_other_is_set_aside(browser: Client) -> None:
    write(browser, "common")
    write(browser, "of the laptop", seen=1, writer="laptop")
    told = write(browser, "of the phone", seen=1, writer="phone")
    assert told["text"] == "of the phone"
    assert list_aside(told) == [("elsewhere", "of the laptop")]
    # Both go on without hearing of each other: one version of each page is enough.
    for number in range(6):
        write(browser, f"of the laptop {number}", seen=2, writer="laptop")
        write(browser, f"of the phone {number}", seen=3, writer="phone")
    told = read(browser)
    assert told["text"] == "of the phone 5"
    assert list_aside(told) == [("elsewhere", "of the laptop 5"), ("elsewhere", "of the phone 4")]


def test_last_words_that_overtake_are_kept(browser: Client) -> None:
    write(browser, "1", writer="tab", number=1)
    write(browser, "123", writer="tab", number=3, seen=1)
    told = write(browser, "12", writer="tab", number=2, seen=1)
    assert (told["text"], told["set_aside"]) == ("123", [])
    # Saved before its answer came: not a conflict with itself.
    assert write(browser, "1234", writer="tab", number=4, seen=1)["set_aside"] == []


def test_a_reset_can_be_taken_back_later(browser: Client) -> None:
    write(browser, "mine")
    aside = [{"text": "mine", "why": "reset"}]
    told = write(browser, AUTHOR, seen=1, set_aside=aside)
    assert told["is_author_s"]
    assert list_aside(told) == [("reset", "mine")]
    again = write(browser, AUTHOR, seen=2, set_aside=aside)  # told twice
    assert list_aside(again) == [("reset", "mine")]
    key = again["set_aside"][0]["id"]
    told = write(browser, "mine", seen=2, settled=[key])
    assert (told["text"], told["is_author_s"], told["set_aside"]) == ("mine", False, [])


def test_the_author_s_code_is_never_set_aside(browser: Client) -> None:
    write(browser, "mine")
    write(browser, AUTHOR, seen=1, writer="laptop")
    assert write(browser, "phone", seen=1, writer="phone")["set_aside"] == []


def test_nobody_drops_what_another_set_aside(browser: Client) -> None:
    told = write(browser, "new", set_aside=[{"text": "old", "why": "opened"}])
    stranger = Client()
    stranger.get(PAGE)
    write(stranger, "theirs", settled=[told["set_aside"][0]["id"]])
    assert list_aside(read(browser)) == [("opened", "old")]


def test_as_many_are_set_aside_as_a_page_can_offer(browser: Client) -> None:
    for number in range(MOST_SET_ASIDE + 3):
        write(browser, "x", set_aside=[{"text": f"{number}", "why": "opened"}])
    texts = [text for _, text in list_aside(read(browser))]
    assert texts == [f"{number}" for number in range(MOST_SET_ASIDE + 2, 2, -1)]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": "x" * (MAX_CODE_BYTES + 1)}, 413),
        ({"text": "ö" * (MAX_CODE_BYTES // 2 + 1)}, 413),
        ({"set_aside": [{"text": "x" * (MAX_CODE_BYTES + 1), "why": "reset"}]}, 413),
        ({"text": "x" * 3_000_000}, 413),
        ({"set_aside": [{"text": "x", "why": "elsewhere"}]}, 400),
        ({"set_aside": [{"text": "x", "why": "reset"}] * (MOST_SET_ASIDE + 1)}, 400),
        ({"text": 7}, 400),
        ({"seen": -1}, 400),
        ({"seen": 2**40}, 400),
        ({"writer": "x" * 33}, 400),
        ({"owner": ""}, 409),
        ({"owner": "browser-0000000000000000"}, 409),
    ],
)
def test_what_no_page_sends_is_refused(browser: Client, fields: Any, status: int) -> None:
    told = write(browser, **{"text": "", **fields}, status=status)
    assert told["sentence"].endswith(("alone.", "Reload it.", "stays."))
    assert not Edit.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"text": "\\ud800"}'])
def test_what_is_no_message_is_refused(browser: Client, body: bytes) -> None:
    answer = browser.post(f"{EDITS}trap/", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("place", ["nowhere", "exercise-nowhere"])
def test_only_what_can_be_edited_is_kept(browser: Client, place: str) -> None:
    write(browser, "x", place=place, status=404)
    assert browser.post("/async-databases/nowhere/edits/trap/").status_code == 404
    assert browser.get("/async-databases/nowhere/edits/").status_code == 404


def test_an_exercise_of_code_is_kept_as_well(browser: Client) -> None:
    write(browser, "answer", place="exercise-freeze-the-loop")
    assert read(browser, "exercise-freeze-the-loop")["text"] == "answer"
    assert browser.get(PAGE).content.decode().count(" data-kept=") == 1


def test_what_is_foretold_is_kept_as_well_over_fields_that_begin_empty(browser: Client) -> None:
    place = "exercise-more-threads-than-connections"
    told = write(browser, "predict-elapsed = 4800\n", place=place)
    assert not told["is_author_s"]
    assert "predict-elapsed = 4800" in browser.get(PAGE).content.decode()
    assert write(browser, "", place=place, seen=1)["is_author_s"]


def test_a_nul_is_left_out(browser: Client) -> None:
    assert write(browser, "a\0b")["text"] == "ab"


def test_without_the_token_of_its_page_nothing_is_saved(browser: Client) -> None:
    other = Client(enforce_csrf_checks=True)
    other.cookies = browser.cookies
    assert other.post(f"{EDITS}trap/", b"{}", content_type="application/json").status_code == 403


def test_a_flood_is_held_back_and_told_to_wait(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_flood", Flood(most=2, seconds=1000))
    write(browser, "1")
    write(browser, "2", seen=1)
    assert "until later" in write(browser, "3", seen=2, status=429)["sentence"]


def test_a_flood_ends() -> None:
    flood = Flood(most=1, seconds=0.001)
    other = Flood(most=1, seconds=1000)
    assert other.may_pass("a")
    assert other.may_pass("b")
    assert not other.may_pass("a")
    assert flood.may_pass("a")
    while not flood.may_pass("a"):
        pass


def test_a_page_asks_for_all_its_edits_at_once(
    browser: Client, django_assert_max_num_queries: Any
) -> None:
    for cell in (*CARD.cells, *CARD.more_cells):
        write(browser, "x", place=cell.slug, set_aside=[{"text": "y", "why": "reset"}])
    with django_assert_max_num_queries(5):  # its session, its standing, edits, what is set aside
        browser.get(PAGE)
    with django_assert_max_num_queries(13):  # Postgres locks
        write(browser, "z", seen=1, set_aside=[{"text": "w", "why": "reset"}], settled=[1])


def test_sign_in_takes_edits_along_and_loses_neither_side(browser: Client) -> None:
    make_user(ALICE)
    elsewhere = Client()
    sign_in(elsewhere, ALICE)
    write(elsewhere, "of the account", writer="elsewhere")
    write(browser, "of the browser", set_aside=[{"text": "older", "why": "reset"}])
    write(browser, "only here", place="cure")
    page = sign_in(browser, ALICE).content.decode()
    assert "2 edited cells of this browser are now in your account." in page
    told = read(browser)
    assert told["text"] == "of the browser"
    assert told["version"] == 2
    assert set(list_aside(told)) == {("reset", "older"), ("sign-in", "of the account")}
    assert read(browser, "cure")["text"] == "only here"
    # The tab elsewhere is told of a conflict when it writes on.
    told = write(elsewhere, "typed on", seen=1, writer="elsewhere")
    assert ("elsewhere", "of the browser") in list_aside(told)
    post(browser, "/accounts/logout/")
    browser.get(PAGE)
    assert read(browser) is None


def test_the_later_side_has_the_place(browser: Client) -> None:
    user = make_user(ALICE)
    elsewhere = Client()
    sign_in(elsewhere, ALICE)
    write(browser, "of the browser")
    write(elsewhere, "of the account")
    Edit.objects.filter(text="of the browser").update(
        changed_at=Edit.objects.get(text="of the account").changed_at - timedelta(hours=1)
    )
    sign_in(browser, user.email)
    assert read(browser)["text"] == "of the account"
    assert list_aside(read(browser)) == [("sign-in", "of the browser")]


def test_a_page_from_before_a_sign_in_writes_into_nobody_s_account(browser: Client) -> None:
    make_user(ALICE)
    other = Client()
    other.cookies = browser.cookies
    before = write(browser, "mine")
    assert before["version"] == 1
    page = browser.get(PAGE).content.decode()
    owner = re.search(r'data-owner="([^"]+)"', page)
    assert owner
    sign_in(browser, ALICE)
    told = write(browser, "typed since", owner=owner[1], status=409)
    assert "You signed in or out" in told["sentence"]
    assert read(browser)["text"] == "mine"


def test_what_an_account_wrote_while_it_was_deleted_is_kept_nowhere(browser: Client) -> None:
    make_user(ALICE)
    sign_in(browser, ALICE)
    learner = User.objects.get().learner
    write(browser, "mine")
    User.objects.all().delete()
    message = messages.Save(owner="", text="late", seen=1, writer="tab", number=9)
    with pytest.raises(operations.NobodysEdit):
        operations.save(
            learner=learner,
            pack=CARD.pack,
            card=CARD.slug,
            place="trap",
            author="",
            message=message,
        )
    write(browser, "late", owner=name_owner(learner), status=409)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["browser", "account"]),
        st.sampled_from(["trap", "cure", "exercise-freeze-the-loop"]),
    ),
    max_size=8,
)


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_any_interleaving_merges_with_the_last_words_of_both_sides(
    steps: list[tuple[str, str]],
) -> None:
    account = make_user(f"user-{next(_numbers)}@example.org").learner
    learners = {"browser": f"browser-{next(_numbers)}", "account": account}
    last: dict[tuple[str, str], str] = {}
    newest: dict[str, str] = {}
    for side, place in steps:
        text = newest[place] = last[side, place] = f"{side} {next(_numbers)}"
        edit = list_edits(learners[side], PACK.slug, CARD.slug).get(place)
        seen = edit.version if edit else 0
        message = messages.Save(owner="", text=text, seen=seen, writer=side, number=next(_numbers))
        address = {"pack": PACK.slug, "card": CARD.slug, "place": place}
        operations.save(learner=learners[side], **address, author=AUTHOR, message=message)
    operations.adopt_edits(learners["browser"], account)
    assert list_edits(learners["browser"], PACK.slug, CARD.slug) == {}
    merged = list_edits(account, PACK.slug, CARD.slug)
    for (_, place), text in last.items():
        assert merged[place].text == newest[place]
        aside = [(each.why, each.text) for each in merged[place].set_aside.all()]
        assert text == newest[place] or aside == [("sign-in", text)]
    assert len(merged) == len(newest)
