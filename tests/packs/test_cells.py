"""Every cell does on every driver what its card says, in the real jail, and does it again."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from exercises.drivers import CellDriver, database_of
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card, Cell, Expectation
from sandbox.client import SandboxClient
from sandbox.protocol import Value
from tests.running import Ran, new_id, run

pytestmark = pytest.mark.integration


class Case(NamedTuple):
    """One cell on one of its drivers."""

    card: Card
    cell: Cell
    driver: CellDriver | None

    def __str__(self) -> str:
        return f"{self.card.slug}/{self.cell.slug}-{self.driver or 'none'}"


def cases() -> list[Case]:
    return [
        Case(card, cell, driver)
        for pack in load_packs([BUILT_IN]).values()
        for card in pack.cards
        for cell in card.cells
        for driver in cell.drivers or (None,)
    ]


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_a_cell_does_what_its_card_says(sandbox_client: SandboxClient, case: Case) -> None:
    session = new_id("cell")
    for _ in range(2):
        ran = await run_case(sandbox_client, case, session)
        check(ran, case.cell.expect)


async def run_case(client: SandboxClient, case: Case, session: str) -> Ran:
    database = database_of(case.driver or "")
    return await run(
        client,
        case.cell.code,
        session=session,
        database=database,
        driver=case.driver or "",
        seed=case.card.seed(database),
        profile=case.cell.profile,
        workers=case.cell.workers,
    )


def check(ran: Ran, expect: Expectation) -> None:
    finished = ran.finished
    assert finished.outcome == expect.outcome, f"{finished.message}\n{ran.stderr}"
    shown = visible(ran)
    for text in expect.output:
        assert text in shown
    if expect.error:
        assert finished.error is not None
        assert finished.error.type.rpartition(".")[2] == expect.error
    if expect.blocks_line:
        assert find_blocking_line(ran) == expect.blocks_line


def find_blocking_line(ran: Ran) -> int:
    """The line that held the loop longest, all blocks together: on a machine that does much else,
    a single one may be longest for a line that only began slowly.
    """
    held = Counter[int]()
    for block in ran.telemetry("block"):
        for part in str(block["parts"]).split():
            line, _, duration_us = part.partition(":")
            held[int(line)] += int(duration_us)
    assert held, "nothing held the event loop"
    return held.most_common(1)[0][0]


def visible(ran: Ran) -> str:
    """All that the page shows of a run, the value's table with one row a line."""
    values = [event for event in ran.events if isinstance(event, Value)]
    lines: list[Sequence[str | None]] = []
    for value in values:
        lines += [value.columns, *value.rows]
    table = [" | ".join(map(str, line)) for line in lines]
    return "\n".join([ran.stdout, ran.stderr, *(value.text for value in values), *table])
