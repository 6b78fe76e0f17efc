"""`python3 -m playground.setup.links`: ask every address the packs and the documents name."""

from __future__ import annotations

import re
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

from playground.setup.steps import ROOT

PLACES = ("exercises/packs", "exercises/known_errors", "templates")
SUFFIXES = (".md", ".toml", ".html")
ADDRESS = re.compile(r"https?://[^\s\"'<>)\]`]+")
OURS = ("http://127.0.0.1", "http://localhost", "http://app", "http://test", "http://a")
TOGETHER = 8
TIMEOUT_SECONDS = 20


def main() -> int:
    """Print each address that cannot be had, with where it stands; 1 if there is any."""
    found = dict(list_addresses())
    with ThreadPoolExecutor(TOGETHER) as pool:
        problems = dict(zip(found, pool.map(find_problem, found), strict=True))
    dead = {address: problem for address, problem in problems.items() if problem}
    for address, problem in dead.items():
        print(f"{found[address]}: {address}: {problem}")
    print(f"{len(found)} addresses, {len(dead)} dead")
    return 1 if dead else 0


def list_addresses() -> Iterator[tuple[str, str]]:
    """Every address that leads out of the site, and the file and line where it stands."""
    files = [*ROOT.glob("*.md")]
    for place in PLACES:
        files += [file for file in (ROOT / place).rglob("*") if file.suffix in SUFFIXES]
    for file in sorted(files):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            for address in ADDRESS.findall(line):
                if not address.startswith(OURS):
                    yield address.rstrip(".,;:"), f"{file.relative_to(ROOT)}:{number}"


def find_problem(address: str) -> str:
    """Why nobody gets to read it; nothing when they do."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - as written
            return ""
    except (HTTPException, OSError, ValueError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main())
