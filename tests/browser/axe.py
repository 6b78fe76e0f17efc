"""axe, which looks for barriers on a page that has come to rest."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.conftest import ROOT

_AXE = ROOT / "playground/frontend/node_modules/axe-core/axe.min.js"
# axe fails on an element that leaves the page while it looks.
_AT_REST = """() => new Promise((resolve, reject) => {
    const rest = () => { observer.disconnect(); clearTimeout(never); resolve() }
    let quiet = setTimeout(rest, 300)
    const never = setTimeout(() => reject(new Error("the page does not come to rest")), 10_000)
    const observer = new MutationObserver(() => {
        clearTimeout(quiet)
        quiet = setTimeout(rest, 300)
    })
    observer.observe(document, {subtree: true, childList: true, attributes: true})
})"""


def list_barriers(page: Page, within: Locator | None = None) -> list[str]:
    """What axe complains of: the rule, and for each element its HTML and what is wrong with it.

    On the whole page, or ``within`` a part of it, which takes a fraction of the time.
    """
    page.evaluate(_AT_REST)
    page.evaluate(_AXE.read_text("utf-8"))
    found: dict[str, Any] = (within or page.locator("html")).evaluate(
        "part => axe.run(part, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']}: {node['html']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
