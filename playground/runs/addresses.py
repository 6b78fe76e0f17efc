"""What on a card a page's message is about."""

from __future__ import annotations

from exercises.exercise import PLACE, Exercise
from exercises.model import Card, Cell
from playground.catalog import queries
from playground.runs.messages import CheckAnswer, NotOurs, PageMessage, RunCell


def find_exercise(message: CheckAnswer) -> tuple[Card, Exercise]:
    """The exercise, on a driver that it runs on. Raises NotOurs."""
    card = queries.get_card(message.pack, message.card)
    exercise = card.exercise(message.cell.removeprefix(PLACE)) if card else None
    if exercise and message.asked:
        exercise = exercise.narrowed_to(message.asked)
    if card is None or exercise is None:
        raise NotOurs("This exercise is not here any more. Reload the page.")
    if message.driver not in (exercise.drivers or ("",)):
        raise NotOurs(f"This exercise does not run on {message.driver or 'no database'}.")
    return card, exercise


def find_cell(message: PageMessage) -> tuple[Card, Cell]:
    """The cell; to be run, on a driver and in workers that it runs in. Raises NotOurs."""
    card = queries.get_card(message.pack, message.card)
    cell = card.cell(message.cell) if card else None
    if card is None or cell is None:
        raise NotOurs("This cell is not here any more. Reload the page for its new form.")
    if isinstance(message, RunCell) and message.driver not in (cell.drivers or ("",)):
        raise NotOurs(f"This cell does not run on {message.driver or 'no database'}.")
    if isinstance(message, RunCell) and not cell.may_run_in(message.workers_of(cell)):
        raise NotOurs(f"This cell does not run in {message.workers} workers.")
    return card, cell
