"""Writes of accounts: sign out other browsers, delete, and forget who never came back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.utils import timezone

from playground.accounts.keepers import list_keepers
from playground.accounts.learners import hold_learner
from playground.accounts.models import Session, User
from playground.sqlite.base import empty_log

UNCONFIRMED_DAYS: Final = 7


def sign_out_elsewhere(user: User, *, but: str | None) -> int:
    """End every session of the account but one; how many that were."""
    others = Session.objects.filter(user=user).exclude(session_key=but or "")
    return others.delete()[0]


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the account with all that is kept for it, down to the bytes in the database's files;
    its sessions go with its row.
    """
    hold_learner(user.learner)
    for keeper in list_keepers():
        keeper.forget(user.learner)
    user.delete()
    transaction.on_commit(lambda: empty_log(connection))


def forget_unconfirmed(**_: Any) -> int:
    """At a sign-up: forget those whose address was never proved to be theirs; how many."""
    proved = EmailAddress.objects.filter(verified=True).values("user")
    old = timezone.now() - timedelta(days=UNCONFIRMED_DAYS)
    waiting = User.objects.filter(last_login=None, created_at__lt=old, emailaddress__verified=False)
    deleted: dict[str, int] = waiting.exclude(pk__in=proved).delete()[1]
    return deleted.get(User._meta.label, 0)
