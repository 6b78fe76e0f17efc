"""Commands that the documents name exist."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(path.name for path in ROOT.glob("*.md"))


def read_code(name: str) -> str:
    """The document's code, blocks and spans, a line each."""
    text = (ROOT / name).read_text()
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


def list_make_targets() -> set[str]:
    """What `make` can be asked for."""
    rules = re.findall(r"^([a-z][a-z ]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {target for rule in rules for target in rule.split()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_make_targets_that_exist(name: str) -> None:
    named = {
        word
        for line in re.findall(r"\bmake((?: [a-z]+)+)", read_code(name))
        for word in line.split()
    }
    assert named <= list_make_targets()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_management_commands_that_exist(name: str) -> None:
    named = set(re.findall(r"\bmanage\.py ([a-z_]+)", read_code(name)))
    assert named <= set(get_commands())
