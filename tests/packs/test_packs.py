"""A pack says what is wrong with it, and ours are complete."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from exercises.loader import BUILT_IN, RESERVED_SLUGS, PackError, load_pack, load_packs
from exercises.model import Card, Pack

PACK = """\
title = "A pack"
slug = "a-pack"
summary = "Made for a test."
version = "1.0"
"""
CARD = """\
+++
question = "Why?"
rule = "Because."
tags = ["one"]
difficulty = "easy"
references = [{ title = "Manual", url = "https://docs.python.org/3/" }]

[[cells]]
file = "01-trap.py"
title = "The trap"
kind = "trap"
drivers = ["aiosqlite"]
expect = { output = ["1"] }

[[cells]]
file = "02-cure.py"
title = "The cure"
kind = "cure"
drivers = []
+++
Before.

{{ cell: 02-cure.py }}

After.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small pack that is right."""
    cells = tmp_path / "01-why" / "cells"
    cells.mkdir(parents=True)
    (tmp_path / "pack.toml").write_text(PACK)
    (cells.parent / "card.md").write_text(CARD)
    (cells / "01-trap.py").write_text("print(1)\n")
    (cells / "02-cure.py").write_text("await main()\n")
    return tmp_path


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    """An author's slip: one piece of text for another."""

    def make(folder: Path) -> None:
        file = folder / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return make


def write(path: str, content: str | bytes) -> Callable[[Path], None]:
    """An author's slip: a file that should not be there, or not like this."""

    def make(folder: Path) -> None:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def remove(path: str) -> Callable[[Path], None]:
    """An author's slip: a file that is missing."""
    return lambda folder: (folder / path).unlink()


CARD_FILE = "01-why/card.md"
NEWS = PACK + '[[news]]\ndate = 2026-11-24\ntitle = "One"\ntext = "More."\n'
SLIPS = {
    "news of no card": (
        write("pack.toml", NEWS + 'cards = ["what"]'),
        "pack.toml",
        5,
        "a card 'what'",
    ),
    "news without a text": (
        write("pack.toml", NEWS.replace("More.", " ")),
        "pack.toml",
        5,
        "text of the news is empty",
    ),
    "news without a day": (
        write("pack.toml", NEWS.replace("2026-11-24", '"soon"')),
        "pack.toml",
        6,
        "date",
    ),
    "news told twice": (
        write("pack.toml", NEWS + NEWS.removeprefix(PACK)),
        "pack.toml",
        9,
        "told twice",
    ),
    "no pack.toml": (remove("pack.toml"), "pack.toml", 0, "missing"),
    "no card.md": (remove(CARD_FILE), "card.md", 0, "missing"),
    "broken TOML": (replace(CARD_FILE, '"easy"', "easy"), "card.md", 5, "Invalid value"),
    "no fence": (replace(CARD_FILE, "+++\n", ""), "card.md", 1, "must begin"),
    "open fence": (replace(CARD_FILE, "+++\nBefore", "Before"), "card.md", 24, "no closing"),
    "unknown key": (replace(CARD_FILE, "tags", "tag"), "card.md", 4, "unknown field `tag`"),
    "unknown key in a cell": (
        replace(CARD_FILE, "expect =", "expects ="),
        "card.md",
        13,
        "unknown field `expects`",
    ),
    "missing key": (
        replace(CARD_FILE, 'title = "The cure"\n', ""),
        "card.md",
        15,
        "missing required field `title`",
    ),
    "bad kind": (replace(CARD_FILE, '"cure"', '"remedy"'), "card.md", 18, "remedy"),
    "bad difficulty": (replace(CARD_FILE, '"easy"', '"soft"'), "card.md", 5, "soft"),
    "bad driver": (replace(CARD_FILE, '"aiosqlite"', '"psycopg2"'), "card.md", 12, "psycopg2"),
    "driver named twice": (
        replace(CARD_FILE, '["aiosqlite"]', '["asyncpg", "asyncpg"]'),
        "card.md",
        8,
        "named twice",
    ),
    "bad profile": (
        replace(CARD_FILE, "drivers = []", 'drivers = []\nprofile = "huge"'),
        "card.md",
        15,
        "huge",
    ),
    "too many workers": (
        replace(CARD_FILE, "drivers = []", "drivers = []\nworkers = 5"),
        "card.md",
        15,
        "not 1 to 4",
    ),
    "workers that fork": (
        replace(CARD_FILE, "drivers = []", 'drivers = []\nworkers = 2\nprofile = "processes"'),
        "card.md",
        15,
        "do not mix",
    ),
    "bad tag": (replace(CARD_FILE, '"one"', '"One two"'), "card.md", 1, "One two"),
    "bad reference": (replace(CARD_FILE, "https", "http"), "card.md", 1, "https://"),
    "empty rule": (replace(CARD_FILE, '"Because."', '" "'), "card.md", 1, "rule is empty"),
    "title given twice": (
        replace(CARD_FILE, '"The cure"', '"The trap"'),
        "card.md",
        0,
        "'The trap' is given twice",
    ),
    "blocks_line behind the end": (
        replace(CARD_FILE, 'output = ["1"]', "blocks_line = 9"),
        "card.md",
        8,
        "blocks_line",
    ),
    "parameter not in the code": (
        replace(
            CARD_FILE,
            'expect = { output = ["1"] }\n',
            'expect = { output = ["1"] }\nparameters = [\n'
            '  { name = "SIZE", label = "Size", min = 1, max = 9 },\n]\n',
        ),
        "card.md",
        15,
        "a parameter of 01-trap.py cannot be offered: the code has no line SIZE = ...",
    ),
    "cell not there": (remove("01-why/cells/02-cure.py"), "card.md", 15, "no file cells/02-cure"),
    "cell outside": (
        replace(CARD_FILE, 'file = "02-cure.py"', 'file = "../02-cure.py"'),
        "card.md",
        15,
        "not named NN-name.py",
    ),
    "cell not listed": (write("01-why/cells/03-x.py", ""), "03-x.py", 0, "not listed"),
    "cell placed but unknown": (
        replace(CARD_FILE, "{{ cell: 02-cure.py", "{{ cell: 09-no.py"),
        "card.md",
        23,
        "none of the card's cells",
    ),
    "cell placed twice": (
        replace(CARD_FILE, "After.", "{{ cell: 02-cure.py }}"),
        "card.md",
        25,
        "placed twice",
    ),
    "diagram that cannot be drawn": (
        replace(CARD_FILE, "After.", "```lanes\nTwo.\nloop | work 1\nloop | runs 1\n```"),
        "card.md",
        28,
        "cannot be drawn: 'runs' is none of",
    ),
    "syntax error": (
        write("01-why/cells/01-trap.py", "print(1)\nprint(\n"),
        "01-trap.py",
        2,
        "never closed",
    ),
    "not UTF-8": (write("01-why/cells/01-trap.py", b"\xff"), "01-trap.py", 0, "not UTF-8"),
    "too long": (write("01-why/cells/01-trap.py", "#" * 70_000), "01-trap.py", 0, "bytes"),
    "stranger in a card": (write("01-why/seed.sql", ""), "seed.sql", 0, "no such file"),
    "stranger in the pack": (write("2-why/card.md", ""), "2-why", 0, "no such folder"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_file_and_line(folder: Path, slip: str) -> None:
    make, file, line, message = SLIPS[slip]
    make(folder)
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert (caught.value.file.name, caught.value.line) == (file, line)
    assert message in caught.value.message
    assert str(caught.value).startswith(f"{caught.value.file}:{line}: ")


def test_two_cards_with_one_slug_are_refused(folder: Path) -> None:
    for path in list((folder / "01-why").rglob("*.*")):
        write(f"02-why/{path.relative_to(folder / '01-why')}", path.read_bytes())(folder)
    with pytest.raises(PackError, match="slug 'why' is given twice"):
        load_pack(folder)


def test_two_packs_with_one_slug_are_refused(folder: Path) -> None:
    with pytest.raises(PackError, match="another pack has the slug 'a-pack'"):
        load_packs([folder, folder])


@pytest.mark.parametrize(
    "slug",
    ["errors", "news", "runs", "r", "static", "admin", "accounts", "search", "teams", "join"],
)
def test_a_pack_that_the_sites_own_pages_would_hide_is_refused(folder: Path, slug: str) -> None:
    assert slug in RESERVED_SLUGS
    replace("pack.toml", '"a-pack"', f'"{slug}"')(folder)
    with pytest.raises(PackError, match=f"pages of its own below /{slug}/") as caught:
        load_packs([folder])
    assert str(caught.value).startswith(f"{folder / 'pack.toml'}:2: ")


def test_a_card_is_read_in_order(folder: Path) -> None:
    (folder / "01-why" / "seed.sqlite.sql").write_text("CREATE TABLE t (i)")
    card = load_pack(folder).cards[0]
    assert (card.pack, card.slug, card.number) == ("a-pack", "why", 1)
    assert [cell.slug for cell in card.cells] == ["trap", "cure"]
    parts = [part if isinstance(part, str) else part.slug for part in card.parts()]
    assert parts == ["Before.\n", "cure", "After.\n", "trap"]
    assert card.seed("sqlite") == "-- a-pack/why\nCREATE TABLE t (i)"
    assert card.seed("postgres") == "-- a-pack/why\n"


@pytest.mark.parametrize(
    "path", ["01-why/card.md", "01-why/cells/01-trap.py", "01-why/seed.sqlite.sql"]
)
def test_the_digest_tells_of_every_change(folder: Path, path: str) -> None:
    before = load_pack(folder).cards[0]
    file = folder / path
    file.write_text((file.read_text() if file.exists() else "") + "\n")
    after = load_pack(folder).cards[0]
    if path.endswith("card.md"):
        assert before.cells == after.cells
    assert before.digest != after.digest
    assert (before.cells[0].digest == after.cells[0].digest) == ("trap" not in path)


def built_in() -> list[Pack]:
    return list(load_packs([BUILT_IN]).values())


def cards() -> list[Card]:
    return [card for pack in built_in() for card in pack.cards]


def test_the_first_pack_has_its_eleven_cards() -> None:
    pack = load_packs([BUILT_IN])["async-databases"]
    assert [card.number for card in pack.cards] == list(range(1, 12))


@pytest.mark.parametrize("card", cards(), ids=lambda card: f"{card.pack}/{card.slug}")
def test_a_card_is_complete(card: Card) -> None:
    assert len(card.answer_markdown.split()) >= 400
    assert "\n" not in card.rule
    assert card.rule.endswith(".")
    assert card.question.endswith("?")
    assert card.tags
    assert card.references
    kinds = [cell.kind for cell in card.cells]
    titles = [cell.title for cell in card.cells]
    assert ("trap", "The trap") in zip(kinds, titles, strict=True)
    assert ("cure", "The cure") in zip(kinds, titles, strict=True)


@pytest.mark.parametrize("card", cards(), ids=lambda card: f"{card.pack}/{card.slug}")
def test_every_cell_compiles_and_says_what_to_expect(card: Card) -> None:
    for cell in card.cells:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        compile(cell.code, cell.file, "exec", flags, dont_inherit=True)
        assert cell.expect.output or cell.expect.error, f"{cell.file} expects nothing"
