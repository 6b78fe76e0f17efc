"""What is said of an attempt: by whom, of what, and who is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from playground.accounts.operations import delete_account
from playground.accounts.queries import tell_all
from playground.progress.models import Attempt
from playground.teams import feedback, operations
from playground.teams.models import Comment, Notice, Role
from playground.teams.scope import SeenAttempt, get_attempt
from tests.accounts import post, sign_in
from tests.attempts import attempt
from tests.teams import Cast, add_member, make_cast, set_cards
from tests.unit.test_recordings import HOSTILE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def seen(cast: Cast) -> SeenAttempt:
    """An attempt of lea's with two lines."""
    set_cards(cast.tom, "blocking-driver")
    attempt(cast.lea.user.learner, "of-lea", answer="one = 1\ntwo = 2")
    found = get_attempt(cast.team, "of-lea")
    assert found
    return found


def client_of(name: str) -> Client:
    client = Client()
    sign_in(client, f"{name}@example.org")
    return client


def test_a_teacher_says_something_of_a_line_and_the_learner_answers(
    cast: Cast, seen: SeenAttempt
) -> None:
    tom, lea, page_of = client_of("tom"), client_of("lea"), f"{cast.address}attempts/of-lea/"
    answer = tom.post(f"{page_of}comments/", {"text": f"Why 2? {HOSTILE}", "line": "2"})
    assert answer["Location"] == f"{page_of}#thread-line-2"
    assert '<span class="count-of">1' in lea.get("/async-databases/").content.decode()
    page = lea.get(page_of).content.decode()
    assert "Why 2?" in page
    assert HOSTILE not in page
    assert "Tom, teacher" in page
    assert "count-of" not in lea.get("/async-databases/").content.decode()
    post(lea, f"{page_of}comments/", text="Because.", line="2")
    assert '<span class="count-of">1' in tom.get("/teams/").content.decode()
    told = tom.get("/teams/feedback/").content.decode()
    assert "Because." in told
    assert "lea@example.org in Spring class, on line 2" in told
    assert ">new<" in told
    assert ">new<" not in tom.get("/teams/feedback/").content.decode()
    assert "Because." in tom.get(page_of).content.decode()


def test_of_a_moment_or_of_all_of_it(cast: Cast, seen: SeenAttempt) -> None:
    tom, page_of = client_of("tom"), f"{cast.address}attempts/of-lea/"
    post(tom, f"{page_of}comments/", text="Here it stood still.", at_ms="12.5")
    post(tom, f"{page_of}comments/", text="Well tried.")
    said = [(one.line, one.at_us, one.text) for one in Comment.objects.all()]
    assert said == [(None, 12_500, "Here it stood still."), (None, None, "Well tried.")]
    assert "At 12.5 ms" in tom.get(page_of).content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": " "}, "This field is required."),
        ({"text": "kept text", "line": "3"}, "The answer has 2 lines."),
        ({"text": "kept text", "line": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_said_keeps_what_was_typed(
    cast: Cast, seen: SeenAttempt, fields: dict[str, str], said: str
) -> None:
    answer = client_of("tom").post(f"{cast.address}attempts/of-lea/comments/", fields)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert fields["text"].strip() in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_learner_who_asks_is_heard_by_all_who_teach(cast: Cast, seen: SeenAttempt) -> None:
    feedback.add_comment(actor=cast.lea, seen=seen, text="Why?", line=None, at_us=None)
    assert set(Notice.objects.values_list("user__email", flat=True)) == {
        *["alice@example.org", "tom@example.org"]
    }
    feedback.add_comment(actor=cast.tom, seen=seen, text="So.", line=None, at_us=None)
    feedback.add_comment(actor=cast.lea, seen=seen, text="Oh.", line=None, at_us=None)
    newest = Notice.objects.filter(comment__text="Oh.")
    assert [one.user for one in newest] == [cast.tom.user]


def test_who_is_gone_from_the_team_is_told_nothing(cast: Cast, seen: SeenAttempt) -> None:
    tina = add_member(cast.alice, "tina@example.org", Role.TEACHER)
    feedback.add_comment(actor=tina, seen=seen, text="Well.", line=None, at_us=None)
    feedback.add_comment(actor=cast.lea, seen=seen, text="Thanks.", line=None, at_us=None)
    operations.remove_member(actor=cast.alice, member=tina)
    feedback.add_comment(actor=cast.lea, seen=seen, text="More.", line=None, at_us=None)
    assert feedback.count_unread(tina.user) == 0
    page = client_of("lea").get(f"{cast.address}attempts/of-lea/").content.decode()
    assert "tina@example.org, not in the team any more" in page


def test_an_account_that_goes_takes_its_words_along(cast: Cast, seen: SeenAttempt) -> None:
    feedback.add_comment(actor=cast.tom, seen=seen, text="of tom", line=1, at_us=None)
    feedback.add_comment(actor=cast.lea, seen=seen, text="of lea", line=1, at_us=None)
    delete_account(cast.tom.user)
    assert [one.text for one in Comment.objects.all()] == ["of lea"]
    delete_account(cast.lea.user)
    assert (Comment.objects.count(), Notice.objects.count(), Attempt.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_download_of_an_account_has_both_sides(cast: Cast, seen: SeenAttempt) -> None:
    feedback.add_comment(actor=cast.tom, seen=seen, text="of tom", line=1, at_us=None)
    feedback.add_comment(actor=cast.lea, seen=seen, text="of lea", line=1, at_us=None)

    async def read() -> bytes:
        return b"".join([piece async for piece in tell_all(cast.lea.user)])

    told: list[dict[str, Any]] = json.loads(async_to_sync(read)())["teams"]
    assert [(one["kind"], one.get("text")) for one in told] == [
        ("membership", None),
        ("comment", "of lea"),
        ("feedback", "of tom"),
    ]
