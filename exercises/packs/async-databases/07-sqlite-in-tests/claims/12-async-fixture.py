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
import {module}

@{module}.fixture
async def number():
    return 7

async def test_it(number):
    assert number == 7

async def test_again(number):
    assert number == 7
"""


def run_tests(what: str, module: str, mode: str) -> None:
    marker = "" if mode == "auto" else "import pytest\npytestmark = pytest.mark.asyncio\n"
    report = io.StringIO()
    with tempfile.TemporaryDirectory(dir=".") as folder, contextlib.redirect_stdout(report):
        name = f"test_{module}_{mode}.py"
        Path(folder, name).write_text(marker + TEST.format(module=module))
        pytest.main([*OPTIONS, f"--asyncio-mode={mode}", folder])
    said = report.getvalue()
    refused = "requested an async fixture" in said
    print(f"{what}: {said.splitlines()[-1].split(' in ')[0]}, refused as async: {refused}")


run_tests("pytest.fixture, strict", "pytest", "strict")
run_tests("pytest_asyncio.fixture, strict", "pytest_asyncio", "strict")
run_tests("pytest.fixture, auto", "pytest", "auto")
