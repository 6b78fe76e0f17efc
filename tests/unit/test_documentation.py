"""Commands that the documents name exist."""

import re
from pathlib import Path
from typing import get_args

import pytest
from django.core.management import get_commands

from exercises.checks import AnyCheck

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)


def read_code(name: str) -> str:
    """The document's code, blocks and spans, a line each."""
    text = (ROOT / name).read_text()
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


def list_make_targets() -> set[str]:
    """What `make` can be asked for."""
    rules = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {target for rule in rules for target in rule.split()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_make_targets_that_exist(name: str) -> None:
    named = {
        word
        for line in re.findall(r"\bmake((?: [a-z-]+)+)", read_code(name))
        for word in line.split()
    }
    assert named <= list_make_targets()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_management_commands_that_exist(name: str) -> None:
    named = set(re.findall(r"\bmanage\.py ([a-z_]+)", read_code(name)))
    assert named <= set(get_commands())


def test_every_check_has_its_line_for_authors() -> None:
    declared = {check.__struct_config__.tag for check in get_args(AnyCheck)}
    assert (
        declared - set(re.findall(r"`([a-z_]+)`", (ROOT / "CONTRIBUTING.md").read_text())) == set()
    )
