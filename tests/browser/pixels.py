"""Looks at what a canvas shows."""

from __future__ import annotations

from playwright.sync_api import Locator

ATTEMPTS = 20
RED = "var(--red)"  # of a block
COUNT = """(canvas, colour) => {
    if (!canvas.isConnected) return null;
    const probe = document.createElement("span");
    probe.style.forcedColorAdjust = "none";
    probe.style.color = colour;
    canvas.after(probe);
    const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d", {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    const {data} = context.getImageData(0, 0, copy.width, copy.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255 && wanted.every((value, part) => data[at + part] === value))
            count += 1;
    return count;
}"""


def count_pixels(picture: Locator, colour: str) -> int:
    """How many pixels of the picture have this CSS colour, as the page itself shows it.

    Late events make a legend anew, perhaps just when its canvas was found: then it is found again.
    """
    for _ in range(ATTEMPTS):
        count: int | None = picture.evaluate(COUNT, colour)
        if count is not None:
            return count
    raise AssertionError("the picture is made anew again and again")
