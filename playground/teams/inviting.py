"""A pasted list of people, and what will happen for each line of it before anything does."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from playground.teams import queries
from playground.teams.models import Membership, Role
from playground.teams.permissions import Action, may

MOST_LINES: Final = 200
_MOST_NAME: Final = 80
_HEADER: Final = {"email", "e-mail", "mail", "address"}


class What(StrEnum):
    """What happens for a line."""

    INVITED = "is invited by mail"
    AGAIN = "is invited anew: the link of the mail before stops working"
    MEMBER = "is in the team already: nothing happens"
    TWICE = "stands further up already: nothing happens"
    NO_ADDRESS = "has no e-mail address in front: nothing happens"
    NO_ROLE = "has a third word that is neither learner nor teacher: nothing happens"
    NOT_YOURS = "is to teach, and owners alone invite teachers: nothing happens"
    TOO_MANY = f"is beyond the {MOST_LINES} people of one list: nothing happens"


class Planned(NamedTuple):
    """A line, and what happens for it."""

    number: int
    text: str
    email: str
    name: str
    role: Role
    what: What

    @property
    def is_sent(self) -> bool:
        """Whether a mail leaves."""
        return self.what in (What.INVITED, What.AGAIN)


def plan(me: Membership, text: str, role: Role) -> list[Planned]:
    """One for each line that is not empty; ``role`` is for lines that name none."""
    members = {one.user.email.lower() for one in queries.list_members(me.team)}
    invited = {one.email for one in queries.list_open(me.team) if one.email}
    seen: set[str] = set()
    planned: list[Planned] = []
    for number, line, fields in _read(text):
        email, name, asked = _parts(fields)
        told = Role.TEACHER if asked == Role.TEACHER else role
        if asked == Role.LEARNER:
            told = Role.LEARNER
        what = _decide(me, email, asked, told, members, invited, seen)
        if what in (What.INVITED, What.AGAIN) and len(seen) >= MOST_LINES:
            what = What.TOO_MANY
        elif what in (What.INVITED, What.AGAIN):
            seen.add(email)
        planned.append(Planned(number, line, email, name, told, what))
    return planned


def digest_plan(planned: list[Planned]) -> str:
    """What was previewed: nothing else is sent on its confirmation."""
    told = "\n".join(f"{one.email}|{one.name}|{one.role}|{one.what}" for one in planned)
    return hashlib.sha256(told.encode()).hexdigest()


def _read(text: str) -> Iterator[tuple[int, str, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        separator = ";" if ";" in line and "," not in line else "\t" if "\t" in line else ","
        fields = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        fields = [field.strip() for field in fields]
        if fields and not (number == 1 and fields[0].lower() in _HEADER):
            yield number, line.strip(), fields


def _parts(fields: list[str]) -> tuple[str, str, str]:
    email, name, role, *_ = [*fields, "", "", ""]
    return email.lower(), name[:_MOST_NAME], role.lower()


def _decide(
    me: Membership,
    email: str,
    asked: str,
    role: Role,
    members: set[str],
    invited: set[str],
    seen: set[str],
) -> What:
    if not _is_address(email):
        return What.NO_ADDRESS
    if asked not in ("", Role.LEARNER, Role.TEACHER):
        return What.NO_ROLE
    if role == Role.TEACHER and not may(me, Action.INVITE_TEACHER):
        return What.NOT_YOURS
    if email in seen:
        return What.TWICE
    if email in members:
        return What.MEMBER
    return What.AGAIN if email in invited else What.INVITED


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
