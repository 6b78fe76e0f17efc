"""Whose things these are: the one place that says so, for pages, the socket and what is saved.

A learner is named by a key: an account's own, or that of a browser nobody signed in with.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from playground.accounts.keepers import list_keepers
from playground.accounts.models import ACCOUNT, FormerLearner, User

LEARNER: Final = "learner"  # where a session that nobody signed in with has its key
FORMER_DAYS: Final = 1  # far longer than any run


def digest_learner(learner: str) -> str:
    """How tables name a learner, whose key is random and long."""
    return hashlib.sha256(learner.encode()).hexdigest()


def hold_learner(learner: str) -> None:
    """Until the transaction ends, nothing of this learner is saved, moved or deleted elsewhere.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            digest = digest_learner(learner)
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def get_learner(request: HttpRequest) -> str:
    """The key of whoever asks; empty for somebody who has nothing yet."""
    user = request.user
    if isinstance(user, User):
        return user.learner
    return str(request.session.get(LEARNER, ""))


def ensure_learner(request: HttpRequest) -> str:
    """The key of whoever asks, made now for a new browser."""
    if not get_learner(request):
        request.session[LEARNER] = secrets.token_hex(16)
    return get_learner(request)


def find_learner(session_key: str | None) -> str:
    """As ``get_learner``, by what a session is at this moment; for a socket, which outlives it."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)
    return get_learner(request)


def find_owner(learner: str) -> str:
    """Whose it is what this learner's run leaves behind: empty if nobody's any more.

    A browser may have signed in since the run began, and an account may have been deleted.
    Called in the transaction that saves it, so that neither happens in between.
    """
    hold_learner(learner)
    if not learner.startswith(ACCOUNT):
        former = FormerLearner.objects.filter(learner_digest=digest_learner(learner))
        account = former.values_list("user__learner", flat=True).first()
        if account is None:
            return learner
        hold_learner(account)
        learner = account
    return learner if User.objects.filter(learner=learner).exists() else ""


def adopt_browser(*, request: HttpRequest, user: User, **_: Any) -> None:
    """At sign-in: what this browser had without an account is the account's from now on."""
    former = request.session.pop(LEARNER, "")
    if not former:
        return
    with transaction.atomic():
        hold_learner(former)
        hold_learner(user.learner)
        FormerLearner.objects.update_or_create(
            learner_digest=digest_learner(former), defaults={"user": user}
        )
        adopted = [(keeper.adopt(former, user.learner), keeper) for keeper in list_keepers()]
        old = timezone.now() - timedelta(days=FORMER_DAYS)
        FormerLearner.objects.filter(created_at__lt=old).delete()
    for count, keeper in adopted:
        if count:
            called, are = (keeper.one, "is") if count == 1 else (keeper.many, "are")
            sentence = f"{count} {called} of this browser {are} now in your account."
            messages.success(request, sentence, fail_silently=True)
