"""What a cell may offer to vary: bound to one line of its code, and never more than declared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card, Cell
from exercises.parameters import Parameter, ParameterRefused, bind
from playground.runs import messages
from playground.runs.addresses import find_cell

CODE = "SIZE = 5\nSECONDS: float = 0.1\nLEVEL = 'SERIALIZABLE'\nA, B = 1, 2\nON = True\n"
REAL_WORKERS = {"pack": "async-databases", "card": "pools-and-workers", "cell": "real-workers"}


def declare(name: str, **fields: Any) -> Parameter:
    return Parameter(name, "A label", **fields)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (declare("SIZE", min=1, max=10), 5),
        (declare("SECONDS", min=0.02, max=0.3, step=0.02), 0.1),
        (declare("LEVEL", choices=("SERIALIZABLE", "READ COMMITTED")), "SERIALIZABLE"),
        (declare("workers", min=1, max=4), 2),
    ],
    ids=str,
)
def test_the_value_is_the_codes(parameter: Parameter, value: object) -> None:
    assert bind(parameter, CODE, workers=2).value == value


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        (declare("GONE", min=1, max=10), "the code has no line GONE"),
        (declare("A", min=1, max=10), "write A = 5"),
        (declare("ON", min=0, max=1), "no plain number"),
        (declare("SIZE", min=6, max=10), "SIZE is 5 in the code, outside 6 to 10"),
        (declare("SIZE", min=1, max=9, step=3), "no step of 3 from 1"),
        (declare("SIZE", min=5, max=5), "0 <= min < max"),
        (declare("SIZE", min=-5, max=5), "0 <= min < max"),
        (declare("SIZE", min=1), "needs min and max, or choices"),
        (declare("SIZE", min=1, max=9, value=5), "leave it out"),
        (declare("SECONDS", min=0, max=1), "give min, max or step as 0.1"),
        (declare("LEVEL", min=0, max=1), "is a text in the code"),
        (declare("LEVEL", choices=("READ COMMITTED", "AUTOCOMMIT")), "none of its choices"),
        (declare("LEVEL", choices=("SERIALIZABLE", 'a"b')), "without quotes"),
        (declare("LEVEL", choices=("SERIALIZABLE",)), "two choices or more"),
        (declare("LEVEL", choices=("SERIALIZABLE", "x"), min=1), "give either"),
        (declare("two words", min=1, max=4), "name of a constant"),
        (declare("workers", min=1, max=5), "from 1 to 4"),
        (declare("workers", min=3, max=4), "outside 3 to 4"),
    ],
    ids=str,
)
def test_what_cannot_be_offered_is_refused_with_a_sentence(
    parameter: Parameter, sentence: str
) -> None:
    with pytest.raises(ParameterRefused) as refused:
        bind(parameter, CODE, workers=2)
    assert sentence in str(refused.value)


def test_a_constant_assigned_twice_is_refused() -> None:
    with pytest.raises(ParameterRefused, match="assigns SIZE 2 times"):
        bind(declare("SIZE", min=1, max=10), "SIZE = 5\nSIZE = 6\n", workers=1)


def ask(workers: str, **message: str) -> tuple[Card, Cell]:
    said = {"action": "run", "code": "", "driver": "asyncpg", "workers": workers, **message}
    return find_cell(messages.decode(json.dumps(said)), "")


@pytest.mark.parametrize("workers", ["", "1", "4"])
def test_a_page_may_ask_for_the_workers_that_are_declared(workers: str) -> None:
    assert ask(workers, **REAL_WORKERS)[1].slug == "real-workers"


@pytest.mark.parametrize(
    ("workers", "cell"), [("2", "cure"), ("4", "trap"), ("5", "real-workers"), ("-1", "cure")]
)
def test_a_page_may_not_ask_for_more(workers: str, cell: str) -> None:
    with pytest.raises(messages.NotOurs):
        ask(workers, **{**REAL_WORKERS, "cell": cell})


def test_cells_of_five_cards_and_more_offer_something() -> None:
    cards = load_packs([BUILT_IN])["async-databases"].cards
    offering = [(card.slug, cell.slug) for card in cards for cell in card.cells if cell.parameters]
    assert len(offering) >= 8
    assert len({card for card, _ in offering}) >= 5
