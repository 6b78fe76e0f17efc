"""The virtual environment and its hash-locked requirements."""

import re
import sys
from pathlib import Path

from playground.setup.steps import PYTHON, ROOT, VENV, Step, call, read_if_there

LOCKS = {
    "play": ("requirements.lock",),
    "test": ("requirements.lock", "requirements-dev.lock"),
}


def create() -> None:
    """Make `.venv`, unless the one there works and is new enough.

    Clearing it drops the stamps too, so that every later step runs again.
    """
    if PYTHON.exists() and version_of_venv() >= (3, 12):
        return
    print(f"set-up: .venv with Python {sys.version.split()[0]} ...", flush=True)
    call(sys.executable, "-m", "venv", "--clear", VENV)


def version_of_venv() -> tuple[int, int]:
    """The Python version `.venv` was made with, (0, 0) when it does not say."""
    found = re.search(r"^version\s*=\s*(\d+)\.(\d+)", read_if_there(VENV / "pyvenv.cfg"), re.M)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def steps(purpose: str) -> list[Step]:
    """One step for each lock; the second finds most of its packages installed by the first."""
    return [lock_step(name) for name in LOCKS[purpose]]


def lock_step(name: str, python: Path = PYTHON) -> Step:
    """Install exactly what the lock file names, each package checked against its hashes."""
    lock = ROOT / name
    return Step(
        name=name,
        sources=(lock,),
        results=(),
        run=lambda: call(
            python, "-m", "pip", "install",
            "--disable-pip-version-check", "--no-input", "--quiet",
            "--require-hashes", "--requirement", lock,
        ),
    )  # fmt: skip
