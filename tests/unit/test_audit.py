"""`make audit` tells a weakness from none, and none from nobody having been asked."""

from __future__ import annotations

import json

import pytest

from playground.setup import audit

FINE = {"name": "django", "version": "6.1.3", "vulns": []}
WEAK = {
    "name": "h11",
    "version": "0.1",
    "vulns": [{"id": "GHSA-x", "fix_versions": ["0.2"], "description": ""}],
}
SKIPPED = {"name": "redis", "skip_reason": "Dependency not found"}


def test_what_pip_audit_says() -> None:
    report = json.dumps({"dependencies": [FINE, WEAK, SKIPPED]})
    assert audit.read_python(report, "a.lock") == (
        ["h11 0.1: GHSA-x, mended in 0.2"],
        ["redis: Dependency not found"],
    )
    assert audit.read_python(json.dumps({"dependencies": [FINE]}), "a.lock") == ([], [])


@pytest.mark.parametrize("report", ["", "no json", "{}", "[]", '{"dependencies": []}'])
def test_no_report_is_no_success(report: str) -> None:
    assert audit.read_python(report, "a.lock")[1]


def test_what_npm_says() -> None:
    weak = {"esbuild": {"range": "<0.25", "severity": "moderate"}}
    assert audit.read_npm(json.dumps({"vulnerabilities": weak})) == (
        ["esbuild <0.25: moderate"],
        [],
    )
    assert audit.read_npm(json.dumps({"vulnerabilities": {}})) == ([], [])
    assert audit.read_npm(json.dumps({"error": {"code": "ENOAUDIT"}}))[1]


@pytest.mark.parametrize(
    ("python", "npm", "status"),
    [
        (([], []), ([], []), 0),
        ((["h11"], ["x"]), ([], []), audit.WEAK),
        (([], ["x"]), ([], []), audit.NOT_ASKED),
        (([], []), ([], ["x"]), audit.NOT_ASKED),
    ],
)
def test_its_exit_status(
    monkeypatch: pytest.MonkeyPatch,
    python: tuple[list[str], list[str]],
    npm: tuple[list[str], list[str]],
    status: int,
) -> None:
    monkeypatch.setattr(audit, "audit_python", lambda lock: python)
    monkeypatch.setattr(audit, "audit_npm", lambda: npm)
    assert audit.main() == status
