"""Requests, threads and coroutines that nobody awaited, on the page."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_card_page import click, expect_status, get_cell, write

CODE = """\
import asyncio, time, httpx
from fastapi import FastAPI
app = FastAPI()
@app.get("/bad/{number}")
async def bad(number: int):
    await asyncio.sleep(0)
    time.sleep(0.3)
@app.get("/plain")
def plain():
    time.sleep(0.05)
async def save(): ...
async def main():
    save()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        await client.get("/plain")
        await asyncio.gather(*[client.get(f"/bad/{number}") for number in range(3)])
asyncio.run(main())
"""
ROWS = """timeline => timeline.layout.rows
    .filter(row => row.kind === "lane")
    .map(({lane, label}) => ({
        of: lane.of, label, states: [...new Set(lane.spans.map(span => span.kind))],
        blocks: lane.blocks.filter(block => block.duration_us > 290000).length,
    }))"""


def test_requests_threads_and_a_forgotten_coroutine(open_page: OpenPage) -> None:
    cell = get_cell(open_page())
    write(cell, CODE)
    click(cell, "Run")
    expect_status(cell, "Completed.")
    expect(cell.locator(".loop-sentence")).to_have_text(
        re.compile(r"time\.sleep on line 7 held the event loop .*; 2 requests waited")
    )
    figures = cell.locator(".figures")
    expect(figures).to_contain_text("Requests/s")
    expect(figures).to_contain_text("Lag p50 / p99 / max")
    expect(figures.locator(".bad")).to_have_text(re.compile(r"Never awaited\s*1"))
    expect(cell.get_by_role("img")).to_have_accessible_name(re.compile(r"4 request\(s\)"))

    rows: list[dict[str, Any]] = cell.locator("loop-timeline").evaluate(ROWS)
    requests = {row["label"]: row for row in rows if row["of"] == "request"}
    assert sorted(requests) == [
        "GET /bad/0 200",
        "GET /bad/1 200",
        "GET /bad/2 200",
        "GET /plain 200",
    ]
    assert "await" in requests["GET /plain 200"]["states"]
    assert [requests[f"GET /bad/{number} 200"]["blocks"] for number in range(3)] == [1, 1, 1]
    assert "ready" in requests["GET /bad/2 200"]["states"]
    [thread] = [row for row in rows if row["of"] == "thread"]
    assert (thread["label"], thread["states"]) == ("AnyIO worker thread", ["run"])

    forgotten = cell.get_by_role("group", name="Never awaited")
    cell.get_by_text("Never awaited (1)").click()
    expect(forgotten.get_by_role("row").nth(1)).to_contain_text("save")
    expect(forgotten.get_by_role("button", name="line 13")).to_be_visible()
