"""A shared run is there for whoever opens its link, whether or not any worker runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CARD, OpenPage
from tests.browser.test_card_page import click, get_cell, get_editor, get_output
from tests.browser.test_recordings_page import LONG_MS, QUICK, run_until_kept, see, share
from tests.serving import running, site


@pytest.fixture
def address() -> str:
    """Each page is opened by its whole address: the site comes and goes with its test."""
    return ""


def test_a_shared_run_is_seen_while_no_worker_runs(
    open_page: OpenPage, take_redis: Callable[[], str], tmp_path: Path
) -> None:
    redis_url = take_redis()
    worker_folder = tmp_path / "worker"
    worker_folder.mkdir()
    command = [sys.executable, "manage.py", "runworker", "sandbox"]
    with ExitStack() as worker:
        worker.enter_context(running(command, worker_folder, REDIS_URL=redis_url))
        with site(tmp_path, REDIS_URL=redis_url) as where:
            mine = open_page(where + CARD)
            run_until_kept(get_cell(mine), QUICK)
            link = share(get_cell(mine))
            mine.context.close()
            worker.close()
            theirs = open_page(link)
            see_and_try(theirs)
            theirs.context.close()


def see_and_try(page: Page) -> None:
    """The run is shown; that there is no worker is told when one is wanted, and no sooner."""
    shown = get_cell(page)
    expect(get_output(shown)).to_contain_text("quick")
    expect(shown.get_by_role("status")).to_contain_text("Completed.")
    expect(shown.get_by_role("slider", name="Time of the replay")).to_be_visible()
    see(page, "no-worker-shared")
    page.get_by_role("link", name="Run it yourself").click()
    own = get_cell(page)
    click(own, "Run")
    expect(own.get_by_role("status")).to_contain_text(
        "No worker of ours is there to run your code", timeout=LONG_MS
    )
    expect(get_editor(own)).to_contain_text("quick")
    see(page, "no-worker")
