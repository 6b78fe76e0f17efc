"""What is kept for a time is forgotten after it, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from playground.accounts.models import CacheEntry, FormerLearner, Session, User
from playground.accounts.sessions import SessionStore
from playground.runs import operations
from playground.runs.models import Recording
from tests.accounts import make_user
from tests.unit.test_recordings import save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def test_what_has_ended_is_deleted_and_what_lasts_is_not(capsys: Any) -> None:
    now, old = timezone.now(), timezone.now() - timedelta(days=settings.RECORDING_DAYS + 1)
    user = make_user("ada@example.org")
    for expires in (now - timedelta(minutes=1), now + timedelta(minutes=1)):
        store = SessionStore()
        store["learner"] = "somebody"
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
        ["sessions: 1", "recordings and links: 2", "sign-ups never confirmed: 1"],
        ["sessions: 0", "recordings and links: 0", "sign-ups never confirmed: 0"],
    ):
        call_command("cleanup")
        assert capsys.readouterr().out.splitlines()[:3] == expected
    assert set(Recording.objects.values_list("run_id", flat=True)) == {"young", "shared"}
    assert list(User.objects.all()) == [user]
    assert FormerLearner.objects.get().learner_digest == "late"
    assert (Session.objects.count(), CacheEntry.objects.count()) == (1, 1)
