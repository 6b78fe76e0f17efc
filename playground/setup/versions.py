"""`python3 -m playground.setup.versions`: the packs' claims on other releases of the libraries.

Each gets an environment of its own below `var/versions`, made from the lock with these releases
in place of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playground.setup.environment import lock_step
from playground.setup.steps import PYTHON, ROOT, call

FOLDER = ROOT / "var" / "versions"
OTHERS = {
    "SQLAlchemy 2.0": ("sqlalchemy[asyncio]>=2.0,<2.1",),
    "FastAPI 0.117": ("fastapi==0.117.1",),
    "FastAPI 0.105": ("fastapi==0.105.0", "httpx<0.28"),
}


def main() -> int:
    """Print what does not hold where it should, or holds where it should not; 1 if anything."""
    failed = 0
    for name, python in [("as locked", PYTHON), *make_environments()]:
        lines = list(check_claims(python))
        problems = [one for one in lines if one.get("problem")]
        failed += len(problems)
        claims = sum(one["type"] == "result" for one in lines)
        print(f"{name}: {claims} checks of claims, {len(problems)} not as declared", flush=True)
        for one in problems:
            told = "{file}:{line}: {subject} ({driver}): {problem}"
            print("  " + (told.format(**one) if "file" in one else one["problem"]))
    return 1 if failed else 0


def make_environments() -> Iterator[tuple[str, Path]]:
    """The name and the Python of each, made when it is missing or the lock has changed."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for name, releases in OTHERS.items():
        place = FOLDER / name.lower().replace(" ", "-")
        python, stamp = place / "bin" / "python", place / "made-of"
        wanted = "\n".join([*releases, lock])
        if not stamp.exists() or stamp.read_text("utf-8") != wanted:
            print(f"set-up: an environment with {name} ...", flush=True)
            call(sys.executable, "-m", "venv", "--clear", place)
            lock_step("requirements.lock", python).run()
            call(python, "-m", "pip", "install", "--quiet", *releases)
            stamp.write_text(wanted, "utf-8")
        yield name, python


def check_claims(python: Path) -> Iterator[dict[str, str]]:
    """What checkpacks says there, line by line."""
    command = [str(python), "manage.py", "checkpacks", "--claims", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode not in (0, 1):
        sys.exit(f"checkpacks could not run with {python}: exit status {process.returncode}")


if __name__ == "__main__":
    sys.exit(main())
