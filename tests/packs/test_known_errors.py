"""Every known error as it really comes about, in the jail: named, and on its line."""

from typing import NamedTuple

import pytest

from exercises.drivers import CellDriver, database_of
from exercises.known import KnownError, load_known_errors
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card, Cell
from exercises.pasted import recognise
from exercises.recogniser import Explanation, explain
from sandbox.client import SandboxClient
from sandbox.protocol import Telemetry
from tests.running import Ran, run

pytestmark = pytest.mark.integration

PACKS = load_packs([BUILT_IN])
KNOWN = load_known_errors(PACKS)
HERE = "# here"


class Case(NamedTuple):
    """One example on one of its drivers."""

    known: KnownError
    driver: CellDriver | None

    def __str__(self) -> str:
        return f"{self.known.slug}-{self.driver or 'none'}"


CASES = [Case(known, driver) for known in KNOWN.values() for driver in known.drivers or (None,)]

NEAR_MISSES = {
    "another exception with the words": "raise ValueError('QueuePool limit of size 5')",
    "a class of the cell's own": "class MissingGreenlet(Exception): pass\nraise MissingGreenlet()",
    "only being handled": (
        "from sqlalchemy.exc import NoResultFound\n"
        "try:\n    raise NoResultFound('none')\n"
        "except NoResultFound:\n    raise ValueError('my own') from None"
    ),
    "a time limit with words of its own": "raise TimeoutError('the disk is slow')",
    "another RuntimeError": "raise RuntimeError('the loop is too long')",
    "another warning": "import warnings\nwarnings.warn('coroutine', RuntimeWarning)",
    "the words on stdout": "print('Task was destroyed but it is pending!')",
    "another constraint": (
        "import sqlite3\nconnection = sqlite3.connect(':memory:')\n"
        "connection.execute('CREATE TABLE t (i NOT NULL)')\n"
        "connection.execute('INSERT INTO t VALUES (NULL)')"
    ),
    "another attribute": "import asyncio\nasyncio.nothing",
    "another invalid request": (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n"
        "Session(create_engine('sqlite://')).refresh(object())"
    ),
}


HANDLED_BY_THE_SITE = """\
import asyncio
import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import create_async_engine

app = FastAPI()
engine = create_async_engine(DATABASE_URL)

@app.get("/")
async def read():
    async with engine.connect() as connection:
        result = await connection.execute(text("SELECT 1 WHERE 1 = 2"))
        return result.scalar_one()  # here

async def main():
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cell") as client:
        print((await client.get("/")).status_code)

asyncio.run(main())
"""
FORGOTTEN_TASK = """\
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

engine = create_async_engine(DATABASE_URL)

async def work():
    async with AsyncSession(engine) as session:
        await session.execute(text("SELECT 1"))
        async with session.begin():  # here
            pass

async def main():
    task = asyncio.create_task(work())
    await asyncio.wait([task])

asyncio.run(main())
"""
CAUGHT = """\
import asyncio
import aiosqlite

async def main():
    async with aiosqlite.connect(DSN) as connection:
        try:
            await connection.execute("SELECT * FROM nobody_made_this")  # here
        except aiosqlite.Error:
            print("went on")

asyncio.run(main())
"""
IN_A_GROUP = """\
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(DATABASE_URL)

async def work():
    async with engine.connect() as connection:
        result = await connection.execute(text("SELECT 1 UNION ALL SELECT 2"))
        result.one()  # here

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(work())

asyncio.run(main())
"""
ELSEWHERE = {
    "answered with a 500": (HANDLED_BY_THE_SITE, "no-result"),
    "never retrieved": (FORGOTTEN_TASK, "transaction-already-begun"),
    "caught": (CAUGHT, "no-such-table"),
    "in a group": (IN_A_GROUP, "multiple-results"),
}


def told(ran: Ran) -> list[Explanation]:
    """What the page would explain of this run."""
    events = [
        {**event.fields, "kind": event.kind} for event in ran.events if isinstance(event, Telemetry)
    ]
    return explain(list(KNOWN.values()), ran.finished.error, ran.stderr, events)


async def run_example(client: SandboxClient, case: Case) -> Ran:
    database = database_of(case.driver or "")
    return await run(client, case.known.example, database=database, driver=case.driver or "")


def marked_line(code: str) -> int:
    lines = [number for number, text in enumerate(code.splitlines(), 1) if HERE in text]
    assert len(lines) <= 1
    return lines[0] if lines else 0


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_an_error_is_named_at_its_line(sandbox_client: SandboxClient, case: Case) -> None:
    ran = await run_example(sandbox_client, case)
    explanations = told(ran)
    assert explanations, f"{ran.finished.error}\n{ran.stderr}"
    assert explanations[0].known.slug == case.known.slug
    assert explanations[0].line == marked_line(case.known.example)
    if error := ran.finished.error:  # whoever pastes its last line finds it as well
        pasted = recognise(list(KNOWN.values()), f"{error.type}: {error.message}")
        assert pasted[0].slug == case.known.slug


RAISING = [
    (card, cell, driver)
    for pack in PACKS.values()
    for card in pack.cards
    for cell in card.cells
    if cell.expect.outcome == "raised"
    for driver in cell.drivers
]


@pytest.mark.parametrize(("card", "cell", "driver"), RAISING)
async def test_a_cell_that_raises_on_purpose_is_explained(
    sandbox_client: SandboxClient, card: Card, cell: Cell, driver: CellDriver
) -> None:
    database = database_of(driver)
    seed = card.seed(database)
    ran = await run(sandbox_client, cell.code, database=database, driver=driver, seed=seed)
    assert ran.finished.error is not None
    first = told(ran)[0]
    assert first.line == ran.finished.error.line
    assert first.known.title in cell.expect.output


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_an_error_is_named_wherever_it_went(sandbox_client: SandboxClient, name: str) -> None:
    code, slug = ELSEWHERE[name]
    ran = await run(sandbox_client, code, database="sqlite", driver="aiosqlite")
    explanations = [(each.known.slug, each.line) for each in told(ran)]
    assert explanations == [(slug, marked_line(code))], ran.stderr


@pytest.mark.parametrize("name", NEAR_MISSES)
async def test_a_near_miss_is_not_named(sandbox_client: SandboxClient, name: str) -> None:
    ran = await run(sandbox_client, NEAR_MISSES[name])
    assert [each.known.slug for each in told(ran)] == []
