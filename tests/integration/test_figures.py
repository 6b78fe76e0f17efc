"""Figures and health of real processes: one that does it all, and a fleet over Redis."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request

import pytest

from tests.serving import open_page


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())


def add_up(figures: str, name: str, **labels: str) -> float:
    """The figure of all processes together."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    lines = re.findall(rf"^{name}{{(.*)}} (\S+)$", figures, re.MULTILINE)
    return sum(float(value) for told, value in lines if all(each in told for each in wanted))


async def read_until(address: str, name: str, least: float, **labels: str) -> str:
    """Workers say theirs every few seconds."""
    figures = ""
    for _ in range(150):
        figures = await asyncio.to_thread(fetch, f"{address}/metrics")
        if add_up(figures, name, **labels) >= least:
            return figures
        await asyncio.sleep(0.2)
    pytest.fail(f"{name} {labels} stays below {least}:\n{figures}")


async def test_a_run_is_counted_by_who_asked_and_by_who_ran_it(address: str) -> None:
    before = await asyncio.to_thread(fetch, f"{address}/metrics")
    async with open_page(address) as page:
        shown = await page.run("print('said')")
        assert shown.outcome == "completed"
        ended = {"outcome": "completed"}
        ran = add_up(before, "playground_worker_runs_total", **ended) + 1
        figures = await read_until(address, "playground_worker_runs_total", ran, **ended)
        assert add_up(figures, "playground_sockets") >= 1
        assert add_up(figures, "playground_children", state="parked") >= 1
    assert add_up(figures, "playground_runs_total", **ended) == (
        add_up(before, "playground_runs_total", **ended) + 1
    )
    for name in ("first_output", "queue_wait"):
        count = f"playground_{name}_seconds_count"
        assert add_up(figures, count) == add_up(before, count) + 1
    ready = json.loads(await asyncio.to_thread(fetch, f"{address}/readyz"))
    assert ready == {"status": "ok", "database": "ok", "channel layer": "ok", "worker": "ok"}
