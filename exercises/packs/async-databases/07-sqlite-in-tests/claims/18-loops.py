import contextlib
import io
import os
import tempfile
from pathlib import Path

import pytest

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-W", "ignore"]
OPTIONS += ["-o", "asyncio_default_fixture_loop_scope=function"]
TEST = """
import os
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

pytestmark = pytest.mark.asyncio{scope}
engine = create_async_engine(os.environ["DATABASE_URL"])

@pytest.mark.parametrize("number", [1, 2, 3])
async def test_it(number):
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 7")) == 7
"""


def run_tests(what: str, scope: str) -> None:
    report = io.StringIO()
    with tempfile.TemporaryDirectory(dir=".") as folder, contextlib.redirect_stdout(report):
        Path(folder, f"test_{what.replace(' ', '_')}.py").write_text(TEST.format(scope=scope))
        pytest.main([*OPTIONS, folder])
    said = report.getvalue()
    result = said.splitlines()[-1].split(" in ")[0]
    print(f"{what}: {result}, another loop: {'different loop' in said}")


run_tests("a loop for each test", "")
run_tests("one loop for all", '(loop_scope="session")')
