"""What a card's page says of a claim: never an old date, never a learner's or author's HTML."""

import msgspec
import pytest

from exercises.checked import Checking, entry
from exercises.loader import BUILT_IN, load_packs
from playground.catalog import claims, markdown

PACK = load_packs([BUILT_IN])["async-databases"]
CARD = PACK.cards[0]
CLAIM = next(each for each in CARD.claims if each.id == "aiosqlite-threads")
PLAIN = next(each for each in CARD.claims if not each.badge)
VERSIONS = {"aiosqlite": "1.2", "sqlite": "3.4", "fastapi": "5.6", "python": "3.13"}


def held(claim: str, digest: str) -> tuple[Checking, ...]:
    return (Checking("2026-11-26", VERSIONS, (entry(CARD.slug, claim, "aiosqlite", digest),)),)


def test_a_claim_names_the_versions_that_matter_to_it() -> None:
    told = claims.tell(CARD, held(CLAIM.id, CLAIM.digest))
    (about,) = [each for each in told if each.claim == CLAIM]
    assert about.places == [("aiosqlite 1.2, SQLite 3.4", "2026-11-26")]


def test_a_claim_that_changed_shows_nothing() -> None:
    changed = msgspec.structs.replace(PLAIN, digest="0" * 64)
    card = msgspec.structs.replace(CARD, claims=(changed,))
    (about,) = claims.tell(card, held(PLAIN.id, PLAIN.digest))
    assert (about.places, about.label) == ([], "")
    assert claims.marks_of([about]) == ()


def test_every_claim_of_ours_was_checked_as_it_is() -> None:
    for about in claims.tell(CARD, PACK.checked):
        assert len(about.places) == max(1, len(about.claim.drivers)), about.claim.id


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Yes. {claim: one}", "<p>Yes. <button"),
        ("Yes. {claim: two}", '<p>Yes. <span id="claim-two"></span></p>'),
        ("`{claim: one}`", "<p><code>{claim: one}</code></p>\n"),
        ("{claim: <b>}", "<p>{claim: &lt;b&gt;}</p>\n"),
    ],
)
def test_a_mark_stands_where_its_claim_is(text: str, html: str) -> None:
    assert markdown.render(text, (("one", "checked"),)).startswith(html)


def test_a_marks_label_is_text() -> None:
    assert "<b>" not in markdown.render("{claim: one}", (("one", "<b>"),))
