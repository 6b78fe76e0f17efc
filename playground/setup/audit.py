"""`python3 -m playground.setup.audit`: known weaknesses of what is installed, Python's and npm's.

What could not be asked is told and is no success: an index without advisories knows of none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from playground.setup.bundle import FRONTEND, npm, with_node
from playground.setup.steps import ROOT, call

TOOL = ROOT / "var" / "audit"
TOOL_LOCK = ROOT / "playground" / "setup" / "audit.lock"
LOCKS = (ROOT / "requirements-dev.lock", TOOL_LOCK)
WEAK, NOT_ASKED = 1, 2


def main() -> int:
    """Print what was found; exit 0 for nothing, 1 for a weakness, 2 where it could not be asked."""
    weak: list[str] = []
    unasked: list[str] = []
    for found, missing in (*map(audit_python, LOCKS), audit_npm()):
        weak += found
        unasked += missing
    for line in weak:
        print(f"weak: {line}")
    for line in unasked[:5]:
        print(f"not asked: {line}")
    print(f"{len(weak)} known weaknesses, {len(unasked)} not asked")
    return WEAK if weak else NOT_ASKED if unasked else 0


def audit_python(lock: Path) -> tuple[list[str], list[str]]:
    """What pip-audit, in an environment of its own, says of a lock."""
    tool = TOOL / "bin" / "pip-audit"
    if not tool.exists():
        venv.create(TOOL, with_pip=True)
        python = TOOL / "bin" / "python"
        call(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", TOOL_LOCK)
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command = [str(tool), *options, "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_python(done.stdout, lock.name)


def audit_npm() -> tuple[list[str], list[str]]:
    """What npm says of the front end's lock."""
    done = subprocess.run(
        [*npm(), "audit", "--json"],
        cwd=FRONTEND,
        env=with_node(),
        capture_output=True,
        text=True,
        check=False,
    )
    return read_npm(done.stdout)


def read_python(report: str, name: str) -> tuple[list[str], list[str]]:
    """Weaknesses, and what was not asked, of a report of pip-audit's."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], [f"{name}: pip-audit gave no report"]
    weak = [
        f"{one['name']} {one['version']}: {each['id']}, mended in "
        f"{', '.join(each['fix_versions']) or 'no release yet'}"
        for one in packages
        for each in one.get("vulns", [])
    ]
    unasked = [f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one]
    return weak, unasked if packages else [f"{name}: nothing in it"]


def read_npm(report: str) -> tuple[list[str], list[str]]:
    """The same of a report of npm's."""
    try:
        found: dict[str, dict[str, Any]] = json.loads(report)["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return [], ["package-lock.json: the registry gave npm no advisories"]
    return [f"{name} {one['range']}: {one['severity']}" for name, one in found.items()], []


if __name__ == "__main__":
    sys.exit(main())
