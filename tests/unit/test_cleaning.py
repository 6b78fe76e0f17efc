"""What is kept for a time is forgotten after it, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from playground.accounts.learners import digest_learner
from playground.accounts.models import CacheEntry, FormerLearner, Session, User
from playground.accounts.sessions import SessionStore
from playground.edits.models import Edit
from playground.progress import operations as progress
from playground.progress.models import Attempt, CardProgress, ExerciseProgress
from playground.runs import operations
from playground.runs.models import Recording
from tests.accounts import make_user
from tests.attempts import attempt
from tests.edits import PAGE, read, write
from tests.unit.test_recordings import save

HOUR = timedelta(hours=1)
KINDS = [
    "browsers without an account",
    "sessions",
    "recordings and links",
    "sign-ups never confirmed",
]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def test_what_has_ended_is_deleted_and_what_lasts_is_not(capsys: Any) -> None:
    now, old = timezone.now(), timezone.now() - timedelta(days=settings.RECORDING_DAYS + 1)
    user = make_user("ada@example.org")
    for learner, expires in (("nobody", now - HOUR), ("somebody", now + HOUR)):
        store = SessionStore()
        store["learner"] = learner
        store.save()
        Session.objects.filter(pk=store.session_key).update(expire_date=expires)
        CacheEntry.objects.create(cache_key=str(expires), value="", expires=expires)
    for name in ("young", "old", "shared", "link-ended"):
        recording = save("somebody", run_id=name)
        if name in ("shared", "link-ended"):
            operations.share_recording(recording)
    Recording.objects.exclude(run_id="young").update(created_at=old)
    Recording.objects.filter(run_id="link-ended").update(share_expires_at=now)
    never = User.objects.create_user("never@example.org")
    EmailAddress.objects.create(user=never, email=never.email)
    FormerLearner.objects.create(learner_digest="late", user=user)
    FormerLearner.objects.create(learner_digest="early", user=user)
    User.objects.filter(email="never@example.org").update(created_at=old)
    FormerLearner.objects.filter(learner_digest="early").update(created_at=old)
    for expected in (
        [1, 1, 2, 1],
        [0, 0, 0, 0],
    ):
        call_command("cleanup")
        said = capsys.readouterr().out.splitlines()[: len(KINDS)]
        assert said == [f"{kind}: {count}" for kind, count in zip(KINDS, expected, strict=True)]
    assert set(Recording.objects.values_list("run_id", flat=True)) == {"young", "shared"}
    assert list(User.objects.all()) == [user]
    assert FormerLearner.objects.get().learner_digest == "late"
    assert (Session.objects.count(), CacheEntry.objects.count()) == (1, 1)


def test_what_a_browser_left_that_never_came_back_is_deleted(client: Client) -> None:
    stranger = Client()
    for browser, run_id in ((client, "kept"), (stranger, "left")):
        browser.get(PAGE)
        write(browser, "print('mine')")
        attempt(browser.session["learner"], f"try-{run_id}")
        progress.mark_read(browser.session["learner"], "async-databases", "crud")
        save(browser.session["learner"], run_id=run_id)
    gone = digest_learner(stranger.session["learner"])
    ended = timezone.now() - HOUR
    Session.objects.filter(pk=stranger.session.session_key).update(expire_date=ended)
    call_command("cleanup")
    kinds = (CardProgress, Attempt, ExerciseProgress, Edit, Recording)
    left = [kind for kind in kinds if kind.objects.filter(learner=gone).exists()]
    assert left == [Recording]  # which has a time of its own
    assert read(client)["text"] == "print('mine')"
    kept = digest_learner(client.session["learner"])
    assert all(kind.objects.filter(learner=kept).exists() for kind in kinds)
