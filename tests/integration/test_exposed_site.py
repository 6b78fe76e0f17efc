"""A site that others can reach does not start below level full, unless somebody says it may."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.serving import site

ROOT = Path(__file__).resolve().parents[2]
EXPOSED = {"ALLOWED_HOSTS": "127.0.0.1,play.example.org", "REDIS_URL": ""}
# A program that is there, so that no check complains, but builds no wall.
NO_WALL = {"SANDBOX_WALL": "/bin/false"}


def manage(folder: Path, *command: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(folder), **EXPOSED, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_check_says_so_before_anything_starts(tmp_path: Path) -> None:
    status, said = manage(tmp_path, "check", PATH="/nowhere")
    assert status == 1
    assert "runs.E001" in said
    assert "install -y bubblewrap" in said


def test_the_check_only_warns_where_somebody_says_it_is_unsafe(tmp_path: Path) -> None:
    unsafe = {"UNSAFE_ALLOW_LEVEL_BELOW_FULL": "yes"}
    status, said = manage(tmp_path, "check", PATH="/nowhere", **unsafe)
    assert status == 0
    assert "runs.W001" in said


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        (["play", "--port", "0"], {}),
        (["runworker", "sandbox"], {"REDIS_URL": "unix:///nowhere/redis.sock"}),
    ],
    ids=["embedded", "worker"],
)
def test_it_does_not_start(tmp_path: Path, command: list[str], environment: dict[str, str]) -> None:
    status, said = manage(tmp_path, *command, **NO_WALL, **environment)
    assert status != 0
    assert "level" in said


def test_it_starts_where_somebody_says_it_is_unsafe(tmp_path: Path) -> None:
    unsafe = {**EXPOSED, **NO_WALL, "UNSAFE_ALLOW_LEVEL_BELOW_FULL": "yes"}
    with (
        site(tmp_path, **unsafe) as address,
        urllib.request.urlopen(address, timeout=30) as answer,
    ):
        assert answer.status == 200


def test_it_starts_at_level_full(tmp_path: Path) -> None:
    with (
        site(tmp_path, **EXPOSED) as address,
        urllib.request.urlopen(address, timeout=30) as answer,
    ):
        assert answer.status == 200
