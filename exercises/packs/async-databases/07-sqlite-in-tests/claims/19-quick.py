import contextlib
import io
import os
import tempfile
import time
from pathlib import Path

import pytest

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-W", "ignore"]
OPTIONS += ["-o", "asyncio_default_fixture_loop_scope=function"]
TEST = """
import pytest, pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

pytestmark = pytest.mark.asyncio


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest_asyncio.fixture
async def session(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        yield session
    await engine.dispose()


@pytest.mark.parametrize("number", range(5))
async def test_it(session, number):
    session.add(User(id=1))
    await session.commit()
    assert await session.scalar(select(func.count()).select_from(User)) == 1
"""

with tempfile.TemporaryDirectory(dir=".") as folder:
    Path(folder, "test_quick.py").write_text(TEST)
    report = io.StringIO()
    started = time.perf_counter()
    with contextlib.redirect_stdout(report):
        pytest.main([*OPTIONS, folder])
    took = time.perf_counter() - started
print("five tests, each with a file and tables of its own:", report.getvalue().splitlines()[-1])
print("all of it within three seconds:", took < 3)
