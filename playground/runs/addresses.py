"""What on a card a page's message is about."""

from __future__ import annotations

from collections.abc import Callable

from channels.db import database_sync_to_async

from exercises.exercise import PLACE, Exercise
from exercises.model import Card, Cell
from playground.accounts.learners import digest_learner
from playground.catalog import private_packs
from playground.runs.messages import CellAddress, CheckAnswer, NotOurs, PageMessage, RunCell


async def look_up[Message: CellAddress, Found](
    find: Callable[[Message, str], Found], message: Message, learner: str
) -> Found:
    """What one of the functions below finds, for a coroutine. Raises NotOurs."""
    if not private_packs.is_private(message.pack):
        return find(message, learner)  # which is all in memory
    return await database_sync_to_async(find, thread_sensitive=False)(message, learner)


def find_exercise(message: CheckAnswer, learner: str) -> tuple[Card, Exercise]:
    """The exercise, on a driver that it runs on, for the learner of that key. Raises NotOurs."""
    card = private_packs.find_card(message.pack, message.card, digest_learner(learner))
    exercise = card.exercise(message.cell.removeprefix(PLACE)) if card else None
    if exercise and message.asked:
        exercise = exercise.narrowed_to(message.asked)
    if card is None or exercise is None:
        raise NotOurs("This exercise is not here any more. Reload the page.")
    if message.driver not in (exercise.drivers or ("",)):
        raise NotOurs(f"This exercise does not run on {message.driver or 'no database'}.")
    return card, exercise


def find_cell(message: PageMessage, learner: str) -> tuple[Card, Cell]:
    """The cell; to be run, on a driver and in workers that it runs in. Raises NotOurs."""
    card = private_packs.find_card(message.pack, message.card, digest_learner(learner))
    cell = card.cell(message.cell) if card else None
    if card is None or cell is None:
        raise NotOurs("This cell is not here any more. Reload the page for its new form.")
    if isinstance(message, RunCell) and message.driver not in (cell.drivers or ("",)):
        raise NotOurs(f"This cell does not run on {message.driver or 'no database'}.")
    if isinstance(message, RunCell) and not cell.may_run_in(message.workers_of(cell)):
        raise NotOurs(f"This cell does not run in {message.workers} workers.")
    return card, cell
