"""Search: what is found and where, in what order, whatever is typed, and never what is hidden."""

import re
from collections.abc import Iterator
from html import unescape

import msgspec
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.model import Pack
from playground.catalog import indexing, queries
from playground.catalog.documents import BOOSTS, list_documents
from playground.catalog.excerpts import excerpt, find_spans, mark
from playground.catalog.models import SearchIndex
from playground.catalog.search import search
from playground.catalog.search_terms import read_terms
from playground.catalog.words import Vocabulary, read_words, stem

pytestmark = pytest.mark.django_db

HOSTILE = [
    *['"', '"" ""', "*", "a*", "NEAR(a b, 3)", "a AND", "OR", "NOT a", "title:a", "{a b}:c", "^a"],
    *[
        "a:b",
        "\0",
        "a\0b",
        "'; DROP TABLE catalog_words; --",
        "' <-> '",
        "!a & |b",
        ":*",
        "\\",
        "%",
    ],
    *["(" * 300, '"' * 999, "x" * 10_000, "a b " * 2_500, "é" * 500, "\n\n", "½ ﬁ ٣ İ", "\ud800"],
]


@pytest.fixture(scope="module", autouse=True)
def index(django_db_setup: None, django_db_blocker: object) -> None:
    """Made once for all tests of the module."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        indexing.ensure_index()


@pytest.fixture
def forget_contents() -> Iterator[None]:
    """As if the site had been started anew, before and after."""
    indexing.get_contents.cache_clear()
    yield
    indexing.get_contents.cache_clear()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("selectinload", "/async-databases/relationships/"),
        ("expire_on_commit", "/async-databases/engine-and-sessions/"),
        ("scoped session", "/async-databases/scoped-sessions/"),
        ("what does run_sync do", "/async-databases/run-sync/"),
        ("how do transactions work", "/async-databases/transactions/"),
        ("AsyncAdaptedQueuePool", "/async-databases/pools-and-workers/"),
        ("n-plus-one", "/async-databases/relationships/"),
        ("sqlalchemy.orm.exc.DetachedInstanceErr", "/async-databases/relationships/"),
        ("session per request", "/async-databases/session-per-request/"),
        ("40P01", "/async-databases/transactions/"),
        ('"event loop\'s own thread"', "/async-databases/blocking-driver/"),
    ],
)
def test_the_best_card_is_first(text: str, address: str) -> None:
    assert search(text).hits[0].address.startswith(address)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Selectinload ", "SELECTINLOAD "),
        ("committed ", "commits "),
        ("missing greenlet ", "greenlet missing "),
        ("expire_on_commit ", '"expire on commit"'),
        ("sélectinload ", "selectinload "),
    ],
)
def test_spelling_does_not_matter(text: str, same: str) -> None:
    found = search(text)
    assert found.hits
    assert (found.cards, found.is_partly) == (search(same).cards, False)


def test_the_last_word_may_go_on_unless_a_space_follows() -> None:
    assert search("selectinlo").cards == search("selectinload ").cards
    assert search("selectinlo ").hits == []
    assert search("selectinlo* ").cards == search("selectinload ").cards
    assert search("transactio").cards >= search("transaction ").cards


def test_a_part_of_a_name_is_found_and_marked() -> None:
    (first, *_) = search("greenlet missing ").hits
    assert first.kind == "error"
    assert [piece.text for piece in first.title if piece.is_found] == ["Missing", "Greenlet"]


def test_code_is_shown_by_its_line_and_found_at_its_cell() -> None:
    hits = search("pool_size", kind="code").hits
    assert {hit.kind for hit in hits} == {"code"}
    for hit in hits:
        assert re.search("pool[_.]size", "".join(piece.text for piece in hit.excerpt), re.I)
        assert re.fullmatch("(cell|behind)-.+", hit.anchor)


def test_words_that_no_place_has_together_are_found_apart() -> None:
    found = search("selectinload PgBouncer zzzyyyxxx")
    assert found.is_partly
    assert {"relationships", "postgres-drivers"} <= {hit.card for hit in found.hits}
    assert not search("selectinload").is_partly


def test_a_long_paste_is_found_by_its_last_line() -> None:
    lines = "word after word and nothing of use\n" * 200
    found = search(lines + "some.Unknown: the prepared statement of PgBouncer")
    assert {"pools-and-workers", "postgres-drivers"} <= {hit.card for hit in found.hits}


def test_a_known_error_is_told_once() -> None:
    found = search("sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called")
    assert [each.slug for each in found.explained] == ["missing-greenlet"]
    assert "MissingGreenlet" not in ["".join(p.text for p in hit.title) for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "suggestion"), [("selctinload", "selectinload"), ("Postgers pool", "Postgres pool")]
)
def test_a_slip_is_answered_with_what_is_nearest(text: str, suggestion: str) -> None:
    assert suggestion in search(text).suggestions


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_typed_is_an_error(client: Client, text: str) -> None:
    search(text)
    if text != "\ud800":  # no address can have it
        assert client.get("/search/", {"q": text}).status_code == 200


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters() | st.sampled_from('"*:()^-+\0 ab'), max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    found = search(text)
    for hit in found.hits:
        assert hit.address


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from('aB1_. é"*<\n'), max_size=80),
    st.text(st.sampled_from('aB1 "*'), max_size=9),
)
def test_pieces_make_up_the_text(text: str, query: str) -> None:
    terms = read_terms(query, Vocabulary([text])).terms
    pieces = mark(text, find_spans(text, terms))
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    shown = "".join(piece.text for piece in excerpt(text, find_spans(text, terms), 20))
    assert shown.removeprefix("… ").removesuffix(" …") in text


def test_what_was_found_is_escaped_and_then_marked(client: Client) -> None:
    page = client.get("/search/", {"q": "<script>alert(1)</script> pool"}).content.decode()
    assert "<script>alert" not in page
    page = client.get("/search/", {"q": "dict[str"}).content.decode()
    assert "<mark>dict[str</mark>" in page
    for found in re.findall(r"<code>(.*?)</code>", page):
        assert "<" not in found.replace("<mark>", "").replace("</mark>", "")


def test_a_page_of_results_takes_few_statements(
    client: Client, django_assert_max_num_queries: object
) -> None:
    client.get("/async-databases/blocking-driver/")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        client.get("/search/?q=AsyncSession.get")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "paste an error message"),
        ("?q=+", "paste an error message"),
        ("?q=zzzyyyxxx", "Nothing was found"),
        ("?q=selctinload", "Did you mean"),
        ("?q=TimeoutError", '<h2 id="explained-time-limit">'),
        ("?q=pool&kind=code", "places are code"),
        ("?q=pool&kind=%3Cb%3E", "on 11 cards"),
        ("?q=pool&card=async-databases/crud", "Only on <q>"),
        ("?q=pool&card=no/where", "on 11 cards"),
        ("?q=zzzyyyxxx&card=async-databases/crud&kind=code", "On all cards"),
    ],
)
def test_the_page_says_what_it_found(client: Client, query: str, says: str) -> None:
    page = client.get(f"/search/{query}").content.decode()
    assert says in page
    part = client.get(f"/search/{query}", headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="results">')
    assert says in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


def test_counts_of_kinds_say_what_each_would_leave(client: Client) -> None:
    found = search("pool")
    for kind, count in found.kinds.items():
        assert search("pool", kind=kind).cards.total() == count
    place, count = found.cards.most_common(1)[0]
    assert len(search("pool", card=place).hits) == count


def test_what_exercises_hide_is_not_found() -> None:
    packs = queries.get_packs().values()
    documents = list(list_documents(packs, []))
    assert {each.kind for each in documents} | {"error"} == set(BOOSTS)
    told = "\n".join(f"{each.title}\n{each.text}\n{each.more}" for each in documents)
    for card in (card for pack in packs for card in pack.cards):
        for exercise in card.exercises:
            hidden = [exercise.solution, exercise.why, *exercise.hints]
            hidden += [mistake.message for mistake in exercise.mistakes]
            assert [text for text in hidden if text and text in told] == []


def change(pack: Pack) -> dict[str, Pack]:
    """The packs as they are after an author added a word to a rule."""
    first = msgspec.structs.replace(pack.cards[0], rule="Beware of the xylophone.")
    return {pack.slug: msgspec.structs.replace(pack, cards=(first, *pack.cards[1:]))}


def test_a_changed_pack_is_found_at_the_first_search_after_a_restart(
    monkeypatch: pytest.MonkeyPatch, forget_contents: None
) -> None:
    assert search("xylophone").hits == []
    packs = change(queries.get_packs()["async-databases"])
    monkeypatch.setattr(queries, "get_packs", lambda: packs)
    indexing.get_contents.cache_clear()
    (hit,) = search("xylophone").hits
    assert (hit.kind, hit.card) == ("question", "blocking-driver")


def test_the_index_is_made_once(django_assert_num_queries: object) -> None:
    assert SearchIndex.objects.get().digest == indexing.get_contents().digest
    with django_assert_num_queries(1):  # type: ignore[operator]
        indexing.ensure_index()


@pytest.mark.parametrize(
    "forms",
    [
        "commit commits committed committing",
        "query queries queried",
        "expire expires expired expiring",
        "block blocks blocked blocking",
        "lock locks locked locking",
        "raise raises raised raising",
        "class class",
        "status status",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["pool poll", "is i", "loop loose", "string sting", "red ring", "need ned"]
)
def test_other_words_have_another_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 2


def test_words_are_plain() -> None:
    text = "Ärger mit AsyncSession.get_one(), Nr. 40P01 & İstanbul"
    assert [word.folded for word in read_words(text)] == (
        ["arger", "mit", "asyncsession", "get", "one", "nr", "40p01", "istanbul"]
    )
    assert [text[word.start : word.end] for word in read_words(text)][3:5] == ["get", "one"]


def test_the_list_offers_to_search_everything(client: Client) -> None:
    page = unescape(client.get("/async-databases/?search=zzz").content.decode())
    assert 'href="/search/?q=zzz"' in page
