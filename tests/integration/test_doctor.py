"""What an operator is told of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def ask_doctor(folder: Path, *options: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def test_a_sound_machine(tmp_path: Path) -> None:
    status, said = ask_doctor(tmp_path, "--json")
    report = json.loads(said)
    assert (status, report["level"], report["problems"]) == (0, "full", [])
    assert len(report["probes"]) == 5
    assert all(report["probes"].values())
    assert report["engines"] == {"sqlite": True, "postgres": True}
    assert {"python", "django", "sqlalchemy", "asyncpg"} <= set(report["versions"])


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_machine_without_bubblewrap(tmp_path: Path, options: list[str]) -> None:
    status, said = ask_doctor(tmp_path, *options, PATH="/nowhere")
    assert status == 1
    assert "install the package bubblewrap" in said
