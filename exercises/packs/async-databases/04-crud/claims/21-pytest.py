import tempfile
from pathlib import Path

import pytest

TEST = """
import asyncio

async def commit():
    pass

async def save():
    commit()

def test_save():
    asyncio.run(save())
"""
QUIET = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:anyio"]
IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"  # of this page's own imports

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "test_save.py").write_text(TEST)
    usual = pytest.main([*QUIET, folder])
    strict = pytest.main([*QUIET, "-W", "error", "-W", IMPORTED, folder])
print("as usual:", usual.name, "- with -W error:", strict.name)
