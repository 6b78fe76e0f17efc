"""Writes of edits. Whoever writes last has the place; what was there is set aside, never lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from playground.accounts.learners import digest_learner, find_owner
from playground.edits.messages import MOST_SET_ASIDE, Save
from playground.edits.models import Edit, SetAside

_ELSEWHERE = SetAside.Why.ELSEWHERE


class NobodysEdit(Exception):
    """The account it belonged to was deleted."""


@transaction.atomic
def save(*, learner: str, pack: str, card: str, place: str, author: str, message: Save) -> Edit:
    """Keep what a page wrote; telling it again changes nothing.

    ``author``: the author's code, which need never be set aside. Raises NobodysEdit.
    """
    owner = find_owner(learner)
    if not owner:
        raise NobodysEdit
    now = timezone.now()
    text = _storable(message.text)
    edit, is_new = Edit.objects.get_or_create(
        learner=digest_learner(owner),
        pack=pack,
        card=card,
        place=place,
        defaults={
            "text": text,
            "is_author_s": text == author,
            "base_digest": message.base,
            "writer": message.writer,
            "number": message.number,
            "changed_at": now,
        },
    )
    # A page's last words may overtake what it sent before.
    is_late = edit.writer == message.writer and message.number <= edit.number
    if not is_new and not is_late:
        _write(edit, text, author, message, now)
    for each in message.set_aside:
        _set_aside(edit, _storable(each.text), author, why=each.why, at=now)
    SetAside.objects.filter(edit=edit, pk__in=message.settled).delete()
    _keep_newest(edit)
    return edit


def adopt_edits(former: str, learner: str) -> int:
    """Move a browser's edits to an account; where both have one, the later one has the place."""
    moved = list(Edit.objects.filter(learner=digest_learner(former)))
    own = {_key(edit): edit for edit in Edit.objects.filter(learner=digest_learner(learner))}
    for edit in moved:
        if mine := own.get(_key(edit)):
            _join(mine, edit)
    Edit.objects.filter(learner=digest_learner(former)).update(learner=digest_learner(learner))
    return len(moved)


def forget_edits(learner: str) -> None:
    """Delete all that the learner has."""
    Edit.objects.filter(learner=digest_learner(learner)).delete()


def _write(edit: Edit, text: str, author: str, message: Save, now: datetime) -> None:
    former, written_by, written_at = edit.text, edit.writer, edit.changed_at
    is_conflict = message.seen != edit.version and message.writer != written_by
    was_author_s = edit.is_author_s
    edit.writer, edit.number = message.writer, message.number
    edit.is_author_s, edit.base_digest = text == author, message.base
    if former != text:
        edit.text = text
        edit.version += 1
        edit.changed_at = now
    edit.save()
    if is_conflict and not was_author_s:
        # Of a page that goes on typing, its last words stand for those before.
        edit.set_aside.filter(why=_ELSEWHERE, writer=written_by).delete()
        _set_aside(edit, former, author, why=_ELSEWHERE, at=written_at, writer=written_by)


def _set_aside(
    edit: Edit, text: str, author: str, *, why: str, at: datetime, writer: str = ""
) -> None:
    if text in (author, edit.text):
        return
    edit.set_aside.filter(text=text).delete()
    SetAside.objects.create(edit=edit, text=text, why=why, at=at, writer=writer)


def _keep_newest(edit: Edit) -> None:
    surplus = edit.set_aside.values_list("pk", flat=True)[MOST_SET_ASIDE:]
    SetAside.objects.filter(pk__in=list(surplus)).delete()


def _join(mine: Edit, other: Edit) -> None:
    """Make one of both: a version of its own, so that every open page hears of it."""
    older, newer = sorted((mine, other), key=lambda edit: edit.changed_at)
    former, at, is_author_s = older.text, older.changed_at, older.is_author_s
    names = ("text", "is_author_s", "base_digest", "changed_at")
    for name, value in [(name, getattr(newer, name)) for name in names]:
        setattr(mine, name, value)
    mine.version = max(mine.version, other.version) + 1
    mine.writer, mine.number = "", 0
    mine.save()
    other.set_aside.update(edit=mine)
    other.delete()
    if not is_author_s:
        _set_aside(mine, former, "", why=SetAside.Why.SIGN_IN, at=at)
    _keep_newest(mine)


def _key(edit: Edit) -> Iterable[str]:
    return edit.pack, edit.card, edit.place


def _storable(text: str) -> str:
    """Postgres keeps no NUL, and no program has one."""
    return text.replace("\0", "")
