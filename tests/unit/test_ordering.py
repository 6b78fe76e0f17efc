"""Lines to be put in order: what they make, and what is not made of them."""

from __future__ import annotations

import pytest

from exercises.ordering import Ordering, OrderRefused, read_ordering

STARTER = "async def f():\n    pass  # lines\n    return 1\n"
LINES = "await b()\nif x:\nawait a()\nawait a()\n"


def ordering(*, sets_indent: bool = True) -> Ordering:
    return read_ordering(STARTER, LINES, sets_indent=sets_indent)


def test_the_learner_begins_with_all_lines_in_their_program() -> None:
    assert ordering().code == (
        "async def f():\n    await b()\n    if x:\n    await a()\n    await a()\n    return 1\n"
    )


@pytest.mark.parametrize("code", ["", "    if x:\n        await a()\n    await a()\n"])
def test_some_lines_may_be_left_out_and_each_stands_as_often_as_it_is_there(code: str) -> None:
    placed = ordering().check(f"async def f():\n{code}    return 1\n")
    assert placed == [line.strip() for line in code.splitlines()]


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("    await b()\n    await b()\n", 3, "none of the lines that are left"),
        ("    if x:\n      await a()\n", 3, "steps of 4"),
        ("if x:\n", 2, "none of the lines"),
        ("    await a()\n\n", 3, "none of the lines"),
    ],
)
def test_what_is_not_made_of_the_lines_is_told_with_its_line(
    body: str, line: int, said: str
) -> None:
    with pytest.raises(OrderRefused, match=said) as refused:
        ordering().check(f"async def f():\n{body}    return 1\n")
    assert refused.value.line == line


def test_a_line_keeps_its_own_spaces() -> None:
    kept = read_ordering(STARTER, "    a\nb", sets_indent=False)
    assert kept.check("async def f():\n    b\n        a\n    return 1\n") == ["b", "    a"]
    with pytest.raises(OrderRefused):
        kept.check("async def f():\n    a\n    return 1\n")
