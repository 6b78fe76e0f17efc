"""What starts the site elsewhere: units, containers and their settings fit the code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conftest import ROOT
from tests.unit.test_settings import list_told

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
# They keep namespaces, mounts or devices from the jail.
AGAINST_THE_JAIL = {
    *("RestrictNamespaces", "SystemCallFilter", "ProtectKernelTunables", "ProtectControlGroups"),
    *("ProtectProc", "PrivateDevices", "MemoryDenyWriteExecute", "RestrictAddressFamilies"),
}
SECRETS = {"SECRET_KEY", "SITE_DATABASE_URL", "EMAIL_URL", "METRICS_TOKEN"}


def read_unit(unit: Path) -> list[tuple[str, str]]:
    lines = unit.read_text().splitlines()
    return [(line.split("=", 1)[0], line.split("=", 1)[1]) for line in lines if "=" in line[:40]]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path, needs: Callable[..., str]) -> None:
    program = needs("systemd-analyze")
    for other in UNITS:
        text = other.read_text().replace("/opt/playground/.venv/bin/python", sys.executable)
        (tmp_path / other.name).write_text(text.replace("/opt/playground", str(ROOT)))
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "playground" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_has_no_privilege_and_shows_nothing_of_the_machine(unit: Path) -> None:
    told = dict(read_unit(unit))
    assert told["User"].startswith("playground")
    assert (told["NoNewPrivileges"], told["CapabilityBoundingSet"]) == ("yes", "")
    assert (told["ProtectSystem"], told["ProtectHome"], told["UMask"]) == ("strict", "yes", "0077")
    runs_cells = unit.name in ("playground.service", "playground-worker.service")
    assert bool(AGAINST_THE_JAIL & set(told)) is not runs_cells
    assert ("Delegate" in told) is runs_cells


def test_who_runs_cells_has_a_user_and_a_file_of_its_own() -> None:
    told = dict(read_unit(ROOT / "deploy" / "systemd" / "playground-worker.service"))
    assert told["User"] != "playground"
    assert told["EnvironmentFile"] != "/etc/playground/site.env"


def test_every_command_exists() -> None:
    files = [*UNITS, ROOT / "compose.yaml", ROOT / "Containerfile"]
    text = "\n".join(file.read_text() for file in files)
    named = set(re.findall(r'manage\.py"?,? "?(\w+)', text))
    assert {"play", "runworker", "cleanup", "backup", "sendnews"} <= named <= set(get_commands())


def test_containers_are_given_settings_that_exist() -> None:
    site = COMPOSE["services"]["web"]["environment"]
    worker = COMPOSE["services"]["worker"]["environment"]
    assert set(site) | set(worker) <= set(list_told())
    assert set(site) >= SECRETS
    assert not SECRETS & set(worker)


def test_containers_hold_no_more_than_they_need() -> None:
    services = COMPOSE["services"]
    assert "privileged" not in (ROOT / "compose.yaml").read_text().replace("Not privileged", "")
    for name in ("web", "worker", "daily"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
        assert "no-new-privileges:true" in services[name]["security_opt"]
    assert services["worker"]["networks"] == ["cells"]
    assert services["postgres"]["networks"] == ["store"]
    assert COMPOSE["networks"]["cells"] == COMPOSE["networks"]["store"] == {"internal": True}
    published = {name for name, service in services.items() if "ports" in service}
    assert published == {"proxy"}


def test_the_image_is_made_of_files_that_are_there_and_all_that_is_imported() -> None:
    text = (ROOT / "Containerfile").read_text()
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"playground/", "exercises/", "sandbox/", "templates/", "requirements.lock"} <= set(
        copied
    )
    assert "--require-hashes" in text
    assert re.search(r"^USER playground$", text, re.MULTILINE)
    left_out = (ROOT / ".containerignore").read_text().split()
    assert {".git", ".venv", "var"} <= set(left_out)
