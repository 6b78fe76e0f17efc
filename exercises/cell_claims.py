"""What a cell is expected to do, as a claim, so that one judge tells whether it does."""

from __future__ import annotations

from exercises.checks import AnyCheck
from exercises.checks.ends import Completed, Prints, Raises
from exercises.claims import Claim
from exercises.model import Cell


def claim_of_cell(cell: Cell) -> Claim:
    """It ends as expected and prints what is expected, on each of its drivers."""
    expect = cell.expect
    checks: list[AnyCheck] = [Raises(error=expect.error) if expect.error else Completed()]
    if texts := _printed(cell):
        checks.append(Prints(texts=texts))
    return Claim("", "", cell.slug, cell.drivers, tuple(checks))


def says_something(cell: Cell) -> bool:
    """Whether a run that goes wrong could be told from one that goes right."""
    return bool(_printed(cell) or cell.expect.error)


def _printed(cell: Cell) -> tuple[str, ...]:
    """Without the rows of the value's table, which a record does not have."""
    return tuple(text for text in cell.expect.output if " | " not in text)
