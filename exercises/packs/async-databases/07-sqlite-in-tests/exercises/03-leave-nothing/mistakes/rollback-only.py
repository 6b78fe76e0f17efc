import os
import sqlite3
import tempfile
import types
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


@pytest_asyncio.fixture
async def session():
    """A session for one test; what the test commits is to be gone afterwards."""
    engine = create_async_engine(DATABASE_URL)
    async with engine.connect() as connection:
        outer = await connection.begin()
        savepoints = {"join_transaction_mode": "rollback_only"}
        async with AsyncSession(bind=connection, **savepoints) as session:
            yield session
        await outer.rollback()
    await engine.dispose()


# From here on it is not yours to change: the application, its tests, and the run.
TESTS = """
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

pytestmark = pytest.mark.asyncio


async def sign_up(session, name):
    try:
        await session.execute(text("INSERT INTO user VALUES (:name)"), {"name": name})
    except IntegrityError:
        await session.rollback()
        raise
    await session.commit()


async def names(session):
    return list(await session.scalars(text("SELECT name FROM user ORDER BY name")))


async def test_1_signs_up(session):
    await sign_up(session, "Ada")
    await sign_up(session, "Grace")
    assert await names(session) == ["Ada", "Grace"]


async def test_2_a_name_is_taken(session):
    await sign_up(session, "Ada")
    with pytest.raises(IntegrityError):
        await sign_up(session, "Ada")
    assert await names(session) == ["Ada"]


@pytest.mark.xfail(raises=ZeroDivisionError, strict=True)
async def test_3_crashes(session):
    await sign_up(session, "Eve")
    assert await names(session) == ["Eve"]
    1 / 0
"""


outcomes: list[tuple[str, str]] = []


def pytest_runtest_logreport(report) -> None:
    if report.when == "call":
        outcomes.append((report.nodeid.rpartition("::")[2], report.outcome))


conftest = types.ModuleType("conftest")
vars(conftest).update(globals())  # the fixtures above, and what collects the outcomes
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
tables = sqlite3.connect(DSN)
tables.execute("CREATE TABLE user (name text PRIMARY KEY)")
tables.execute("CREATE TABLE outcome (test text, outcome text)")
tables.commit()
options = ["-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-W", "ignore"]
options += ["-o", "asyncio_default_fixture_loop_scope=function"]
with tempfile.TemporaryDirectory(dir=".") as folder:
    Path(folder, "test_sign_up.py").write_text(TESTS)
    pytest.main([*options, folder], plugins=[conftest])
tables.executemany("INSERT INTO outcome VALUES (?, ?)", outcomes)
tables.commit()
tables.close()
