"""The grid of a team: its learners by what is set to them, and who is stuck."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from playground.teams import queries
from playground.teams.assignments import (
    Item,
    Standing,
    State,
    conclude,
    list_items,
    read_packs,
    read_rows,
    stand,
)
from playground.teams.models import Assignment, Membership, Team
from playground.teams.scope import list_open, list_set_to

MOST_COLUMNS: Final = 40
_MARKS: Final = {
    State.UNREAD: "",
    State.READ: "·",
    State.RAN: "▸",
    State.STUCK: "!",
    State.PASSED: "✓",
}
_CELLS: Final = {
    state: format_html(
        '<td class="at {}"><span aria-hidden="true">{}</span><span class="unseen">{}</span></td>',
        state,
        mark,
        state,
    )
    for state, mark in _MARKS.items()
}
_NOT_SET: Final = format_html(
    '<td class="at not-set"><span class="unseen">{}</span></td>', "not set"
)


class Row(NamedTuple):
    """One learner: a cell for each column, as HTML, and how much is done."""

    member: Membership
    standings: list[Standing | None]
    cells: SafeString
    done: int
    is_met: bool


class Stuck(NamedTuple):
    """Who is stuck where, and when they tried last."""

    member: Membership
    item: Item
    last_at: datetime | None


class Board(NamedTuple):
    """``left_out``: so many more items are set than there are columns."""

    team: Team
    assignment: Assignment | None
    items: list[Item]
    rows: list[Row]
    stuck: list[Stuck]
    left_out: int


def make_board(team: Team, assignment: Assignment | None = None) -> Board:
    """Of one assignment, or of all that is open; at most six statements."""
    found = [assignment] if assignment else list_open(team)
    if assignment and not assignment.is_open:
        found = []
    chosen = list_set_to(found)
    for_whom: dict[tuple[str, str, str], set[int] | None] = {}  # None: for everybody
    items: dict[tuple[str, str, str], Item] = {}
    packs = read_packs(found)
    for one in found:
        for item in list_items(one, packs):
            key = (item.card.pack, item.card.slug, item.exercise)
            items[key] = item
            members = for_whom.get(key, set())
            some = chosen.get(one.pk)
            for_whom[key] = None if members is None or some is None else members | some
    columns = [(item, for_whom[key]) for key, item in items.items()][:MOST_COLUMNS]
    learners = queries.list_learners(team)
    if assignment and assignment.pk in chosen:
        learners = [one for one in learners if one.pk in chosen[assignment.pk]]
    rows = read_rows([one.learner for one in learners], [item for item, _ in columns])
    listed = []
    for member in learners:
        standings = [
            stand(rows, member.learner, item) if whom is None or member.pk in whom else None
            for item, whom in columns
        ]
        listed.append(_make_row(member, standings, assignment))
    shown = [item for item, _ in columns]
    stuck = _list_stuck(listed, shown)
    return Board(team, assignment, shown, listed, stuck, len(items) - len(shown))


def _make_row(
    member: Membership, standings: list[Standing | None], assignment: Assignment | None
) -> Row:
    cells = "".join(_NOT_SET if one is None else _CELLS[one.state] for one in standings)
    known = [one for one in standings if one]
    met = bool(assignment and conclude(assignment, known).is_met)
    done = sum(one.done_at is not None for one in known)
    # Put together of pieces that are escaped, or our own words.
    return Row(member, standings, mark_safe(cells), done, met)  # noqa: S308


def _list_stuck(rows: Iterable[Row], items: list[Item]) -> list[Stuck]:
    found = [
        Stuck(row.member, item, standing.last_at)
        for row in rows
        for item, standing in zip(items, row.standings, strict=True)
        if standing and standing.state == State.STUCK
    ]
    return sorted(
        found, key=lambda one: one.last_at.timestamp() if one.last_at else 0, reverse=True
    )
