"""What an operator is told of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOME_PROBES = ["no network", "memory is limited", "no database of a neighbour"]
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
    assert set(SOME_PROBES) <= set(report["probes"])
    assert len(report["probes"]) == 17
    assert all(report["probes"].values())
    assert report["engines"] == {"sqlite": True, "postgres": True}
    assert report["kernel"]["landlock_abi"] > 0
    assert "cgroup" in report["cgroup"]
    assert report["advice"] == []
    assert {"python", "django", "sqlalchemy", "asyncpg"} <= set(report["versions"])


def test_people_read_one_finding_a_line(tmp_path: Path) -> None:
    status, said = ask_doctor(tmp_path)
    lines = said.splitlines()
    assert (status, lines[0]) == (0, "level: full")
    assert "probe: no network: holds" in lines
    assert "engine: postgres: holds" in lines
    assert not [line for line in lines if line.startswith(("problem:", "advice:"))]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_machine_without_bubblewrap(tmp_path: Path, options: list[str]) -> None:
    status, said = ask_doctor(tmp_path, *options, PATH="/nowhere")
    assert status == 1
    assert "bubblewrap is not installed" in said
    assert "install -y bubblewrap" in said


def test_a_site_that_may_not_start_is_still_examined(tmp_path: Path) -> None:
    hosts = "play.example.org"
    status, said = ask_doctor(tmp_path, "--json", PATH="/nowhere", ALLOWED_HOSTS=hosts)
    report = json.loads(said)
    assert (status, report["level"], report["probes"]) == (1, "refused", {})
    assert report["settings"]["reachable_by_others"]
    assert any(hosts in problem for problem in report["problems"])


def test_a_wall_that_does_not_stand_is_named(tmp_path: Path) -> None:
    status, said = ask_doctor(tmp_path, "--json", SANDBOX_WALL="/bin/false")
    report = json.loads(said)
    assert (status, report["level"]) == (1, "refused" if os.geteuid() == 0 else "laptop")
    assert report["settings"]["SANDBOX_WALL"] == "/bin/false"
