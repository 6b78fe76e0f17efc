"""The first pack shows every row of the table of facts that can be run here, and is large enough.

The table, 113 claims of the usual answers with what really happens, is not in the repository; a
claim names its rows under ``source``, as "4.11", and "4.next" what an interviewer asks then.
"""

from exercises.loader import BUILT_IN, load_packs

PACK = load_packs([BUILT_IN])["async-databases"]
ROWS_OF_CARD = (10, 10, 13, 11, 11, 12, 10, 7, 8, 12, 9)
ROWS = {
    f"{card}.{row}"
    for card, count in enumerate(ROWS_OF_CARD, start=1)
    for row in range(1, count + 1)
}
NOT_RUN_HERE = {
    "6.4": "which driver is the most popular is an opinion, and no run shows it",
    "6.7": "aiopg is not installed: its SQLAlchemy layer needs a release before 1.5",
}


def test_every_row_is_shown_or_has_its_reason() -> None:
    named = {row for card in PACK.cards for claim in card.claims for row in claim.source}
    unknown = {row for row in named - ROWS if not row.endswith(".next")}
    assert not unknown, "no such row"
    assert ROWS - named == set(NOT_RUN_HERE)


def test_each_row_is_shown_on_its_own_card() -> None:
    for card in PACK.cards:
        named = {row for claim in card.claims for row in claim.source}
        own = {row for row in ROWS if row.startswith(f"{card.number}.")}
        assert own - named <= set(NOT_RUN_HERE), card.slug


def test_the_pack_is_as_large_as_it_says() -> None:
    exercises = [exercise for card in PACK.cards for exercise in card.exercises]
    assert len(PACK.cards) == 11
    assert sum(len(card.claims) for card in PACK.cards) >= 110
    assert len(exercises) >= 33
    assert sum(len(exercise.mistakes) for exercise in exercises) >= 99
    assert {exercise.kind for exercise in exercises} == {"code", "order", "predict", "line"}


def test_each_card_has_enough_to_ask_and_to_do() -> None:
    for card in PACK.cards:
        assert len(card.follow_ups) >= 4, card.slug
        assert len(card.exercises) >= 3, card.slug
        for exercise in card.exercises:
            assert len(exercise.mistakes) >= 3, exercise.slug
            assert len({each.message for each in exercise.mistakes}) == len(exercise.mistakes)
            assert exercise.why.strip(), exercise.slug
