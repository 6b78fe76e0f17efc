"""The levels of the jail, as an ordinary user and as root, from the command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.ordinary import ROOT, as_ordinary_user

REACH = (
    "import socket\n"
    "def reached(action):\n"
    "    try:\n"
    "        action()\n"
    "    except OSError as error:\n"
    "        return type(error).__name__\n"
    "    return 'reached'\n"
    "print(reached(lambda: open('/etc/shadow')), reached(lambda: open('/etc/hostname')))\n"
    "print(reached(lambda: socket.socket(socket.AF_INET)))\n"
    "open('mine', 'w').write('kept')\n"
    "print(open('mine').read())\n"
)


def run_cell(
    *options: str, ordinary: bool, code: str = REACH, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", "run", "-", *options]
    return subprocess.run(
        as_ordinary_user(*command) if ordinary else command,
        cwd=ROOT,
        input=code,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("level", ["full", "laptop"])
def test_an_ordinary_user_is_confined(level: str) -> None:
    ran = run_cell("--level", level, ordinary=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    files, network, kept = ran.stdout.splitlines()
    assert "reached" not in files
    assert (network, kept) == ("PermissionError", "kept")


@pytest.mark.parametrize("level", ["full", "laptop"])
def test_an_ordinary_user_has_several_workers(level: str) -> None:
    code = "print(WORKER)"
    ran = run_cell("--level", level, "--workers", "3", ordinary=True, code=code)
    assert (ran.returncode, sorted(ran.stdout.split())) == (0, ["1", "2", "3"])


def test_an_ordinary_user_may_fork_only_where_every_fork_ends_with_the_run() -> None:
    code = "import os\nprint('forked' if os.fork() else '')"
    options = ("--profile", "processes")
    full = run_cell("--level", "full", *options, ordinary=True, code=code)
    assert (full.returncode, full.stdout.strip()) == (0, "forked")
    laptop = run_cell("--level", "laptop", *options, ordinary=True, code=code)
    assert (laptop.returncode, laptop.stdout) == (2, "")
    assert "full level" in laptop.stderr


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_an_ordinary_user_has_both_databases(database: str) -> None:
    code = (
        "from sqlalchemy import text\n"
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        "engine = create_async_engine(DATABASE_URL)\n"
        "async with engine.connect() as connection:\n"
        "    print(engine.driver, await connection.scalar(text('SELECT 1')))\n"
        "await engine.dispose()\n"
    )
    ran = run_cell("--database", database, ordinary=True, code=code)
    assert ran.stderr == ""
    assert ran.stdout.split() == [{"sqlite": "aiosqlite"}.get(database, "asyncpg"), "1"]


def test_whoever_runs_the_tests_gets_the_full_level() -> None:
    ran = run_cell("--level", "full", ordinary=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_nothing_runs_where_no_jail_can_be_built() -> None:
    ran = run_cell("--level", "full", ordinary=False, PATH="/nowhere")
    assert ran.returncode == 3
    assert ran.stdout == ""
    assert "level refused: full: bubblewrap is not installed" in ran.stderr
