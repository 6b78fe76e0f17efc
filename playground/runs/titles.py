"""What recordings are called: by their card and cell, also when these are gone."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone
from django.utils.timesince import timesince

from exercises.exercise import PLACE, Exercise
from exercises.model import Card, Cell
from playground.catalog import private_packs
from playground.runs.models import Recording
from playground.runs.sentences import say_duration


class Choice(NamedTuple):
    """A run that another can be compared with."""

    run_id: str
    text: str
    is_default: bool


def find_cell(recording: Recording) -> tuple[Card | None, Cell | None]:
    """The card and the cell as they are today."""
    card = private_packs.find_card(recording.pack, recording.card, recording.learner)
    return card, card.cell(recording.cell) if card else None


def find_exercise(recording: Recording) -> Exercise | None:
    """The exercise that it answers, as it is today."""
    card = private_packs.find_card(recording.pack, recording.card, recording.learner)
    if not card or not recording.is_answer:
        return None
    return card.exercise(recording.cell.removeprefix(PLACE))


def get_title(recording: Recording) -> str:
    """The title of its cell or exercise, or the slug when the card has it no more."""
    if exercise := find_exercise(recording):
        return f"Exercise: {exercise.title}"
    cell = find_cell(recording)[1]
    return cell.title if cell else recording.cell.removeprefix(PLACE)


def list_choices(recording: Recording, others: list[Recording]) -> list[Choice]:
    """The others in words; the one to begin with is the trap of a cure, else the run before."""
    default = _choose(recording, others)
    return [Choice(one.run_id, _say(one, recording), one is default) for one in others]


def _choose(recording: Recording, others: list[Recording]) -> Recording | None:
    def of_kind(kind: str) -> list[Recording]:
        return [one for one in others if (cell := find_cell(one)[1]) and cell.kind == kind]

    cell = find_cell(recording)[1]
    traps = of_kind("trap") if cell and cell.kind == "cure" else []
    same = [one for one in others if one.cell == recording.cell]
    alike = [one for one in traps if one.driver == recording.driver]
    return next(iter([*alike, *traps, *same, *others]), None)


def _say(one: Recording, beside: Recording) -> str:
    parts = [get_title(one)]
    if one.driver != beside.driver:
        parts.append(one.driver)
    if one.longest_block_us:
        parts.append(f"{say_duration(one.longest_block_us)} block")
    return ", ".join([*parts, _say_age(one)])


def _say_age(one: Recording) -> str:
    if (timezone.now() - one.created_at).total_seconds() < 60:
        return "just now"
    return f"{timesince(one.created_at, depth=1)} ago".replace("\xa0", " ")
