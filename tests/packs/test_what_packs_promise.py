"""Claims hold, solutions pass, starters and mistakes fail with their own message, in the jail."""

from pathlib import Path

import msgspec
import pytest

from exercises.folders import list_pack_folders
from exercises.loader import BUILT_IN, load_pack
from exercises.model import Card, Pack
from playground.runs.checking import check, list_subjects
from sandbox.client import SandboxClient
from tests.packs.test_packs import cards

pytestmark = pytest.mark.integration

CARDS = [
    pytest.param(folder, pack, card, id=f"{pack.slug}/{card.slug}")
    for folder in list_pack_folders([BUILT_IN])
    for pack in [load_pack(folder)]
    for card in pack.cards
    if card.claims or card.exercises
]


@pytest.mark.parametrize(("folder", "pack", "card"), CARDS)
async def test_a_card_keeps_its_promises(
    sandbox_client: SandboxClient, folder: Path, pack: Pack, card: Card
) -> None:
    """A whole card at once: what looks at the same run shares it."""
    subjects = list(list_subjects(folder, msgspec.structs.replace(pack, cards=(card,))))
    versions = (await sandbox_client.status()).versions
    results = [one async for one in check(sandbox_client, versions, subjects)]
    assert len(results) == len(subjects)
    broken = [f"{one.file}:{one.line}: {one.problem}" for one in results if one.problem]
    assert not broken, "\n".join(broken)


COMPLETE = [card for card in cards() if card.claims]


@pytest.mark.parametrize("card", COMPLETE, ids=lambda card: f"{card.pack}/{card.slug}")
def test_a_card_that_makes_claims_is_complete(card: Card) -> None:
    assert len(card.claims) >= 10
    assert len(card.follow_ups) >= 4
    assert len(card.exercises) >= 3
    for exercise in card.exercises:
        assert len(exercise.mistakes) >= 3, exercise.slug
        assert len(exercise.hints) >= 2, exercise.slug
