"""The index of the search, made by several processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROCESSES = 2
# Each waits for the others to be as far, then all search at once.
SEARCH = """
import sys
import django
django.setup()
from playground.catalog.indexing import get_contents
from playground.catalog.search import search
get_contents()
print("ready", flush=True)
sys.stdin.readline()
print(len(search("selectinload").hits))
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_processes_that_search_at_once_make_one_index(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue("site_postgres") if engine == "postgres" else ""
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "SITE_DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "playground.settings",
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    searching = [
        subprocess.Popen(
            [sys.executable, "-c", SEARCH],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for each in searching:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in searching:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    found = {each.communicate(timeout=60)[0] for each in searching}
    assert {each.returncode for each in searching} == {0}
    assert len(found) == 1
    assert int(found.pop()) > 0
