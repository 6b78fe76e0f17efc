"""The site as systemd starts it, beside Redis and Postgres, behind a proxy that speaks HTTPS."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import Message
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.serving import find_free_port, open_page, running

NAME = "learn.example.org"
PROXIED = {"Host": NAME, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
SITE = {"ALLOWED_HOSTS": NAME, "SITE_URL": f"https://{NAME}", "TRUSTED_PROXIES": "1"}


def read_command(unit: str, port: int) -> list[str]:
    """What the unit starts, of this checkout and on a port of the test's own."""
    text = (ROOT / "deploy" / "systemd" / unit).read_text()
    [line] = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    command = line.removeprefix("ExecStart=").replace("--port 8000", f"--port {port}")
    return shlex.split(command.replace("/opt/playground/.venv/bin/python", sys.executable))


def list_lines(folder: Path) -> list[dict[str, str]]:
    """What a process has logged so far; what is no JSON is told by its text alone."""
    lines = (folder / "log").read_text().splitlines()
    return [json.loads(line) if line.startswith("{") else {"message": line} for line in lines]


def ask(address: str, **headers: str) -> tuple[int, Message, str]:
    request = urllib.request.Request(address, headers={**PROXIED, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of worker and web process, with their logs."""
    return {unit: tmp_path_factory.mktemp(unit) for unit in ("worker", "web")}


@pytest.fixture(scope="module")
def hosted(
    take_redis: Callable[[], str], site_postgres: str, folders: dict[str, Path]
) -> Iterator[str]:
    port = find_free_port()
    both = {"REDIS_URL": take_redis(), "ALLOWED_HOSTS": NAME, "LOG_FORMAT": "json"}
    web = {**both, **SITE, "SITE_DATABASE_URL": site_postgres, "SECRET_KEY": os.urandom(32).hex()}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                running(
                    read_command(f"playground-{unit}.service", port),
                    folders[unit],
                    **environment,
                )
            )
            for unit, environment in (("worker", both), ("web", web))
        ]
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert [process.poll() for process in processes] == [None, None]
            try:
                if ask(f"{address}/readyz")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        else:
            pytest.fail(f"not ready: {ask(f'{address}/readyz')[2]}")
        yield address


def test_all_parts_answer(hosted: str) -> None:
    told = json.loads(ask(f"{hosted}/readyz")[2])
    assert set(told.values()) == {"ok"}
    assert len(told) == 4


def test_over_https_the_cookie_is_secure_and_browsers_are_told_to_stay(hosted: str) -> None:
    _, headers, page = ask(f"{hosted}/async-databases/blocking-driver/")
    assert headers["Strict-Transport-Security"] == f"max-age={30 * 24 * 3600}"
    cookie = headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert f"https://{NAME}/" in page  # its own addresses in it
    _, plain, _ = ask(f"{hosted}/async-databases/", **{"X-Forwarded-Proto": "http"})
    assert plain["Strict-Transport-Security"] is None


def test_nobody_reads_figures_through_the_proxy_and_another_name_is_refused(hosted: str) -> None:
    assert ask(f"{hosted}/metrics")[0] == 404
    assert ask(f"{hosted}/", Host="evil.example")[0] == 400


async def test_a_page_runs_a_cell_and_every_part_s_log_names_the_run(
    hosted: str, folders: dict[str, Path]
) -> None:
    _, headers, _ = ask(f"{hosted}/async-databases/blocking-driver/")
    cookie = headers["Set-Cookie"].partition(";")[0]
    async with open_page(hosted, cookie, origin=f"https://{NAME}") as page:
        shown = await page.run("print('hosted')")
    assert (shown.outcome, shown.stdout) == ("completed", "hosted\n")
    web = list_lines(folders["web"])
    [ended] = [line for line in web if line.get("logger") == "playground.runs.consumers"]
    deadline = time.monotonic() + 10  # the worker's line may come a moment after the page's
    said: set[str] = set()
    while len(said) < 2 and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        said = {
            line["logger"]
            for line in list_lines(folders["worker"])
            if line.get("run_id", "").startswith(ended["run_id"])
        }
    assert said == {"playground.runs.worker", "sandbox.host.supervisor"}
