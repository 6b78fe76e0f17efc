"""What a quiz is drawn from: filters with what each would leave, and the drawing itself."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict

from playground.catalog.filters import DIFFICULTIES, Choice
from playground.catalog.queries import get_packs
from playground.quiz.items import Item, Key

SIZES: Final = (5, 10, 20, 40)
DEFAULT_SIZE: Final = 10
ONE_CELL_IN: Final = 5  # questions, as a live cell takes minutes
WRONG: Final = "wrong"
KINDS: Final = {
    "choose": "choose",
    "predict": "predict",
    "line": "spot the line",
    "fill": "fill",
    "order": "order",
    "cell": "live cell",
}
_SIDES: Final = 5  # by which a question is in or out


class Selection(NamedTuple):
    """Empty means everything; a question has any of the tags."""

    pack: str = ""
    tags: tuple[str, ...] = ()
    difficulty: str = ""
    kind: str = ""
    wrong: bool = False
    size: int = DEFAULT_SIZE

    @property
    def query(self) -> str:
        """As in the address."""
        given = [("pack", self.pack), *(("tag", tag) for tag in self.tags)]
        given += [("difficulty", self.difficulty), ("kind", self.kind)]
        given += [(WRONG, "1" if self.wrong else "")]
        given += [("size", "" if self.size == DEFAULT_SIZE else str(self.size))]
        return urlencode([each for each in given if each[1]])


class Narrowed(NamedTuple):
    """The questions that match, and how many would with each other choice."""

    items: list[Item]
    packs: list[Choice]
    tags: list[Choice]
    difficulties: list[Choice]
    kinds: list[Choice]
    wrong: int


def read_selection(given: QueryDict) -> Selection:
    """Of an address or a form; what is no choice is left out."""
    known = {tag for pack in get_packs().values() for card in pack.cards for tag in card.tags}
    tags = tuple(sorted(known & set(given.getlist("tag"))))
    size = given.get("size", "")
    return Selection(
        pack=_one_of(given.get("pack", ""), get_packs()),
        tags=tags,
        difficulty=_one_of(given.get("difficulty", ""), DIFFICULTIES),
        kind=_one_of(given.get("kind", ""), KINDS),
        wrong=bool(given.get(WRONG)),
        size=int(size) if size in map(str, SIZES) else DEFAULT_SIZE,
    )


def narrow(items: Iterable[Item], selection: Selection, wrong: Collection[Key]) -> Narrowed:
    """One look at each question: what matches all, and what would but for one side."""
    found = []
    counted: list[list[str]] = [[] for _ in range(_SIDES)]
    wanted = _list_wanted(selection)
    for item in items:
        values = _values(item, wrong)
        missed = [
            side
            for side, want in enumerate(wanted)
            if want is not None and want.isdisjoint(values[side])
        ]
        if not missed:
            found.append(item)
        for side in range(_SIDES) if not missed else missed if len(missed) == 1 else ():
            counted[side].extend(values[side])
    packs, tags, levels, kinds, wrongs = map(Counter, counted)
    every = sorted({*tags, *selection.tags})
    return Narrowed(
        found,
        [Choice(slug, packs[slug], slug == selection.pack) for slug in get_packs()],
        [Choice(tag, tags[tag], tag in selection.tags) for tag in every],
        [Choice(each, levels[each], each == selection.difficulty) for each in DIFFICULTIES],
        [Choice(each, kinds[each], each == selection.kind) for each in KINDS],
        wrongs[WRONG],
    )


def draw(items: Iterable[Item], size: int, seed: str, asked: Mapping[Key, int]) -> list[Item]:
    """So many of them, of all kinds in turn: those asked least first, of an exercise one alone."""
    shuffled = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    pool = list(items)
    shuffled.shuffle(pool)
    pool.sort(key=lambda item: asked.get(item.key, 0))
    drawn = _take_in_turn(_keep_one_of_each_exercise(pool), size)
    shuffled.shuffle(drawn)
    return drawn


def _one_of(value: str, known: Collection[str]) -> str:
    return value if value in known else ""


def _values(item: Item, wrong: Collection[Key]) -> tuple[tuple[str, ...], ...]:
    card = item.card
    is_wrong = (WRONG,) if item.key in wrong else ()
    return (card.pack,), card.tags, (card.difficulty,), (item.question.kind,), is_wrong


def _list_wanted(selection: Selection) -> list[frozenset[str] | None]:
    """By side what is wanted; None where anything will do."""
    sides = (
        [selection.pack] if selection.pack else [],
        selection.tags,
        [selection.difficulty] if selection.difficulty else [],
        [selection.kind] if selection.kind else [],
        [WRONG] if selection.wrong else [],
    )
    return [frozenset(side) if side else None for side in sides]


def _keep_one_of_each_exercise(pool: list[Item]) -> list[Item]:
    """One run tells all that can be foretold of an exercise."""
    seen = set()
    kept = []
    for item in pool:
        exercise = (*item.key[:2], item.question.exercise) if item.question.exercise else item.key
        if exercise not in seen:
            seen.add(exercise)
            kept.append(item)
    return kept


def _take_in_turn(pool: list[Item], size: int) -> list[Item]:
    """A kind after the other, as long as it has some; live cells at the end."""
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for item in pool:
        by_kind[item.question.kind].append(item)
    cells = by_kind.pop("cell", [])
    queues = [iter(kind) for kind in by_kind.values()]
    taken: list[Item] = []
    most = size - min(len(cells), size // ONE_CELL_IN)
    while queues and len(taken) < most:
        going = [(queue, next(queue, None)) for queue in queues]
        queues = [queue for queue, item in going if item]
        taken += [item for _, item in going if item]
    taken = taken[:most]
    return taken + cells[: size - len(taken)]
