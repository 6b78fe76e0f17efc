"""The locks are hash-locked, agree with each other and name no registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "playground/setup/node.lock",
    "playground/setup/audit.lock",
)
# In two parts, so that this file does not name them either.
REGISTRY = re.compile("|".join(["py" + r"pi\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.org"]))


def read_pins(name: str) -> dict[str, str]:
    """Each requirement line (name, version, marker) with its hashes."""
    text = (ROOT / name).read_text()
    pins = re.findall(r"^(\w\S*==[^\\\n]+)\\\n((?:    --hash=\S+(?: \\)?\n)+)", text, re.M)
    assert len(pins) == len(re.findall(r"^\w", text, re.M))
    return dict(pins)


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    assert read_pins(name)


def test_tests_run_on_the_versions_that_are_played_with() -> None:
    assert read_pins("requirements.lock").items() <= read_pins("requirements-dev.lock").items()


def test_no_committed_file_names_a_registry() -> None:
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    texts = {
        name: (ROOT / name).read_bytes().decode(errors="replace")
        for name in files
        if name and (ROOT / name).is_file()
    }
    assert texts
    assert [name for name, text in texts.items() if REGISTRY.search(text)] == []
