"""Runs belong to their browser, then to the account it signs in to; nothing lost, nothing twice."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from playground.accounts import learners
from playground.accounts.models import FormerLearner, User
from playground.runs import operations
from playground.runs.models import Recording
from tests.accounts import CARD, make_user, post, sign_in, sign_up
from tests.unit.test_recordings import save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

ALICE = "alice@example.org"
BOB = "bob@example.org"
_numbers = itertools.count()


def browse(client: Client) -> str:
    """Visit a card; the learner of that browser."""
    client.get(CARD)
    return str(client.session.get("learner", ""))


def list_runs(client: Client) -> set[str]:
    """The runs that My runs shows."""
    page = client.get("/runs/").content.decode()
    return {one for one in Recording.objects.values_list("run_id", flat=True) if one in page}


def test_sign_up_takes_the_runs_of_the_browser_along(client: Client) -> None:
    save(browse(client), run_id="before")
    page = sign_up(client, ALICE).content.decode()
    assert "1 run of this browser is now in your account" in page
    assert "learner" not in client.session
    save(User.objects.get().learner, run_id="after", cell="cure")
    assert list_runs(client) == {"before", "after"}
    assert client.get("/runs/before/").status_code == 200
    post(client, "/accounts/logout/")
    assert list_runs(client) == set()
    assert client.get("/runs/before/").status_code == 404
    browse(client)
    assert list_runs(client) == set()
    elsewhere = Client()
    sign_in(elsewhere, ALICE)
    assert list_runs(elsewhere) == {"before", "after"}


def test_before_the_code_is_entered_nothing_moves(client: Client) -> None:
    learner = browse(client)
    save(learner, run_id="mine")
    post(client, "/accounts/signup/", email=ALICE, password1="a long and odd sentence 71")
    assert client.session["learner"] == learner
    assert list_runs(client) == {"mine"}


def test_both_sides_have_runs(client: Client) -> None:
    user = make_user(ALICE)
    save(user.learner, run_id="account")
    save(browse(client), run_id="browser")
    sign_in(client, ALICE)
    assert list_runs(client) == {"account", "browser"}
    assert Recording.objects.count() == 2


def test_the_next_to_sign_in_here_gets_nothing_of_the_last(client: Client) -> None:
    make_user(ALICE)
    make_user(BOB)
    save(browse(client), run_id="of-alice")
    sign_in(client, ALICE)
    post(client, "/accounts/logout/")
    sign_in(client, BOB)
    assert list_runs(client) == set()
    assert client.get("/runs/of-alice/").status_code == 404
    for action in ("share", "stop-sharing", "delete"):
        assert client.post(f"/runs/of-alice/{action}/").status_code == 404


def test_a_run_that_ends_after_sign_in_is_the_account_s(client: Client) -> None:
    learner = browse(client)
    make_user(ALICE)
    sign_in(client, ALICE)
    save(learner, run_id="late")
    assert list_runs(client) == {"late"}


def test_a_run_that_ends_after_the_account_is_kept_nowhere() -> None:
    user = make_user(ALICE)
    learner = user.learner
    user.delete()
    with pytest.raises(operations.NobodysRun):
        save(learner, run_id="late")
    assert not Recording.objects.exists()


def test_a_changed_password_takes_the_runs_from_other_browsers(client: Client) -> None:
    user = make_user(ALICE)
    sign_in(client, ALICE)
    save(user.learner, run_id="mine")
    key = client.session.session_key
    assert learners.find_learner(key) == user.learner
    user.set_password("quite another sentence 73")
    user.save()
    assert learners.find_learner(key) == ""
    assert list_runs(client) == set()


def test_limits_hold_for_both_together(client: Client, settings: Any) -> None:
    settings.RECORDINGS_PER_CELL = 3
    user = make_user(ALICE)
    for number in range(3):
        save(user.learner, run_id=f"account-{number}")
    learner = browse(client)
    for number in range(2):
        save(learner, run_id=f"browser-{number}")
    shared = save(learner, run_id="shared", cell="cure")
    operations.share_recording(shared)
    sign_in(client, ALICE)
    assert list_runs(client) == {"account-2", "browser-0", "browser-1", "shared"}


def test_bytes_are_bounded_for_both_together(client: Client, settings: Any) -> None:
    user = make_user(ALICE)
    size = save(user.learner, run_id="account").stored_bytes
    save(browse(client), run_id="browser", cell="cure")
    settings.RECORDING_MEGABYTES_PER_LEARNER = 1.5 * size / 1024 / 1024
    sign_in(client, ALICE)
    assert list_runs(client) == {"browser"}


STEPS = st.lists(st.sampled_from(["run", "sign in", "sign out", "begin", "end"]), max_size=14)


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_any_order_of_runs_and_sign_ins_keeps_each_run_once(steps: list[str]) -> None:
    """Also of runs that begin on one side of a sign-in and end on the other."""
    user = make_user(f"user-{next(_numbers)}@example.org")
    client, is_in = Client(), False
    under_way: list[str] = []
    made: list[str] = []

    def end(learner: str) -> None:
        made.append(f"run-{next(_numbers):06}")
        save(learner, run_id=made[-1], cell=made[-1])

    for step in steps:
        if step == "sign in":
            client.force_login(user)
            is_in = True
        elif step == "sign out" and is_in:
            client.logout()
            is_in = False
            assert list_runs(client) == set()
        elif step == "begin":
            under_way.append(browse(client) or user.learner)
        elif step == "end" and under_way:
            end(under_way.pop())
        elif step == "run":
            end(browse(client) or user.learner)
            assert made[-1] in list_runs(client)
    client.force_login(user)
    for learner in under_way:
        end(learner)
    assert list_runs(client) == set(made)
    assert Recording.objects.filter(run_id__in=made).count() == len(made)


def test_traces_of_a_sign_in_are_kept_for_a_day(client: Client) -> None:
    user = make_user(ALICE)
    old = FormerLearner.objects.create(user=user, learner_digest="x")
    FormerLearner.objects.filter(pk=old.pk).update(created_at="2026-01-01T00:00Z")
    browse(client)
    sign_in(client, ALICE)
    assert FormerLearner.objects.count() == 1
    assert not FormerLearner.objects.filter(pk=old.pk).exists()
