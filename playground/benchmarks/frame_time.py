"""How long a browser takes for each frame of a timeline of 5,000 segments.

Pointer, wheel and keys are real; the recording is of a real run. The baseline is an empty page.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from playground.benchmarks.figures import Baseline, Figure, share, spread
from playground.benchmarks.running import run
from playground.benchmarks.servers import site, supervisor
from sandbox.protocol import Telemetry, to_json

if TYPE_CHECKING:
    from playwright.async_api import Page

LEAST_SEGMENTS: Final = 5000
LATE_MS: Final = 17.0  # a sixtieth of a second, and the browser's clock in steps of 0.1 ms
SECONDS: Final = 6
_CARD: Final = "/async-databases/blocking-driver/"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
)

# Fifty tasks that wait for all sorts of things, and now and then hold the loop.
CELL: Final = """\
import asyncio, time
async def work(number, lock, queue):
    for turn in range(34):
        await asyncio.sleep(0.002 + 0.0003 * (number % 7))
        async with lock:
            await asyncio.sleep(0.0004)
        if (number + turn) % 60 == 0:
            time.sleep(0.004)
        queue.put_nowait(number)
async def read(queue):
    while True:
        await queue.get()
async def main():
    lock, queue = asyncio.Lock(), asyncio.Queue()
    reader = asyncio.create_task(read(queue))
    await asyncio.gather(*[work(number, lock, queue) for number in range(50)])
    reader.cancel()
asyncio.run(main())
"""

WATCH: Final = """() => {
    const frames = [], drawn = [];
    let before;
    const next = (now) => {
        if (before !== undefined) frames.push(now - before);
        before = now;
        window.watched = {frames, drawn, handle: requestAnimationFrame(next)};
    };
    window.watched = {frames, drawn, handle: requestAnimationFrame(next)};
    const timeline = document.querySelector("loop-timeline");
    if (!timeline) return;
    timeline.draw = function () {
        const began = performance.now();
        Object.getPrototypeOf(this).draw.call(this);
        drawn.push(performance.now() - began);
    };
}"""
TAKE: Final = """() => {
    cancelAnimationFrame(window.watched.handle);
    return {frames: window.watched.frames, drawn: window.watched.drawn};
}"""
# As the socket brings them: a <data> element for each batch of at most 16 ms.
SEND: Final = """async ({events, seconds}) => {
    const place = document.querySelector("loop-timeline .events");
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    const began = performance.now();
    for (let sent = 0; sent < events.length; await wait(16)) {
        const due = Math.ceil(((performance.now() - began) / 1000 / seconds) * events.length);
        const batch = events.slice(sent, due);
        sent += batch.length;
        if (!batch.length) continue;
        const data = document.createElement("data");
        data.className = "loop-event";
        data.value = JSON.stringify(batch);
        place.append(data);
    }
}"""
COUNT: Final = "() => document.querySelector('loop-timeline').recording.size"


class Watched(NamedTuple):
    """Milliseconds from each frame to the next, and in the timeline's own drawing."""

    frames: list[float]
    drawn: list[float]


async def measure() -> AsyncIterator[Figure]:
    """The figures: an empty page, then the same browser on the timeline, at rest and live."""
    events = await _record()
    async with site() as address, _browser() as page:
        await page.goto("about:blank")
        await page.evaluate(WATCH)
        await asyncio.sleep(SECONDS)
        empty = await _take(page)
        await page.goto(address + _CARD)
        await page.wait_for_function("() => document.querySelector('loop-timeline')?.recording")
        await page.evaluate(WATCH)
        await page.evaluate(SEND, {"events": events, "seconds": SECONDS})
        for figure in _describe("live", await _take(page), empty):
            yield figure
        if await page.evaluate(COUNT) < LEAST_SEGMENTS:
            raise RuntimeError("the page has fewer segments than it was sent")
        await page.locator("loop-timeline .more").first.click()
        await page.evaluate(WATCH)
        await _move_about(page)
        for figure in _describe("pan and zoom", await _take(page), empty):
            yield figure


async def _record() -> list[dict[str, Any]]:
    async with supervisor() as client:
        ran = await run(client, CELL)
    told = [event for event in ran.events if isinstance(event, Telemetry)]
    segments = sum(event.kind in ("run", "await", "ready", "block", "sql") for event in told)
    if segments < LEAST_SEGMENTS:
        raise RuntimeError(f"the run gave {segments} segments, not {LEAST_SEGMENTS}")
    return [msgspec.json.decode(to_json(event)) for event in told]


async def _move_about(page: Page) -> None:
    """Zoom by wheel, drag, hover, zoom by key, pan by key, back to all of it."""
    canvas = page.locator("loop-timeline canvas").first
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.6, max(box["y"], 0) + 200
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS
    while loop.time() < end:
        await page.mouse.move(x, y)
        await _wheel(page, -100, times=8)
        await page.mouse.down()
        for step in range(30):
            await page.mouse.move(x - 6 * step, y)
        await page.mouse.up()
        for step in range(30):
            await page.mouse.move(x - 200 + 6 * step, y + step)
        await canvas.focus()
        for key in ["Shift+ArrowRight", "Shift+ArrowLeft", "+", "-", "ArrowDown", "ArrowRight"] * 3:
            await page.keyboard.press(key)
        await _wheel(page, 100, times=8)
        await page.keyboard.press("0")


async def _wheel(page: Page, delta: int, *, times: int) -> None:
    await page.keyboard.down("Control")
    for _ in range(times):
        await page.mouse.wheel(0, delta)
    await page.keyboard.up("Control")


async def _take(page: Page) -> Watched:
    return Watched(**await page.evaluate(TAKE))


def _describe(name: str, watched: Watched, empty: Watched) -> list[Figure]:
    base = "empty page"
    late, late_empty = (_late(one.frames) for one in (watched, empty))
    return [
        spread(
            f"frame-time {name}", watched.frames, Baseline(base, statistics.median(empty.frames))
        ),
        share(
            f"frame-time {name}, frames late", late, len(watched.frames), Baseline(base, late_empty)
        ),
        spread(
            f"frame-time {name}, drawing",
            watched.drawn,
            Baseline("a sixtieth of a second", 1000 / 60),
        ),
    ]


def _late(frames: list[float]) -> float:
    return 100 * sum(frame > LATE_MS for frame in frames) / len(frames)


@asynccontextmanager
async def _browser() -> AsyncIterator[Page]:
    """A page of the system's own Chromium. Raises RuntimeError with what to do without one."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None or find_spec("playwright") is None:
        raise RuntimeError("frame-time needs Chromium and Playwright here; `make setup` gets them")
    from playwright.async_api import async_playwright  # the site does without it

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield await browser.new_page(viewport={"width": 1280, "height": 900})
        finally:
            await browser.close()
