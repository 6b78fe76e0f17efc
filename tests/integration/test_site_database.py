"""The site with its own data in Postgres: the same tests as on SQLite, and a site that serves."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.conftest import ROOT
from tests.serving import open_page, site, visit

# What is written and read of accounts and runs, and the search, whose engine is another.
ON_BOTH = (
    "test_whose_runs.py",
    "test_recordings.py",
    "test_account_page.py",
    "test_edits.py",
    "test_progress.py",
    "test_progress_page.py",
    "test_quiz.py",
    "test_review.py",
    "test_sharing.py",
    "test_news_mail.py",
    "test_search.py",
    "test_teams.py",
    "test_team_joining.py",
    "test_assignments.py",
    "test_team_board.py",
    "test_team_feedback.py",
)
MORE_THAN_THE_POOL = 40


def test_accounts_runs_and_search_hold_on_postgres(site_postgres: str, tmp_path: Path) -> None:
    files = [f"tests/unit/{name}" for name in ON_BOTH]
    # The database goes with its server: dropping it would first have to wait for every thread.
    options = ["-q", "--reuse-db", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "SITE_DATABASE_URL": site_postgres},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert not (tmp_path / "site.sqlite3").exists()


async def test_a_site_on_postgres_serves_more_at_once_than_it_has_connections(
    site_postgres: str, tmp_path: Path
) -> None:
    with site(tmp_path, SITE_DATABASE_URL=site_postgres) as address:
        visits = [asyncio.to_thread(visit, address) for _ in range(MORE_THAN_THE_POOL)]
        cookies = await asyncio.gather(*visits)
        assert len(set(cookies)) == MORE_THAN_THE_POOL
        async with open_page(address, cookies[0]) as page:
            shown = await page.run("print('kept in Postgres')")
            assert (shown.outcome, shown.stdout) == ("completed", "kept in Postgres\n")
            await page.see(lambda shown: "/runs/" in shown.raw)
        asked = urllib.request.Request(f"{address}/runs/", headers={"Cookie": cookies[0]})
        with await asyncio.to_thread(urllib.request.urlopen, asked) as answer:
            assert '<ol class="runs">' in answer.read().decode()
    assert not (tmp_path / "site.sqlite3").exists()
