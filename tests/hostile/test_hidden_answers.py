"""Solutions, mistakes and checks are nowhere that a learner or an answer's code can read."""

from __future__ import annotations

import re
from html import unescape
from itertools import groupby

import pytest
from django.test import Client

from exercises.exercise import Exercise
from exercises.loader import BUILT_IN, load_packs
from exercises.model import Card
from exercises.question import Question
from playground.runs import grading, recordings
from sandbox.client import SandboxClient
from sandbox.protocol import Driver, RunRequest
from tests.running import new_id

CASES = [
    pytest.param(card, exercise, id=f"{card.slug}/{exercise.slug}")
    for pack in load_packs([BUILT_IN]).values()
    for card in pack.cards
    for exercise in card.exercises
]

# Looks through every object and every file it can reach. What it looks for is written backwards,
# so that it does not find itself. Most of it is known by three words running: a text is cut into
# words once, however much is looked for.
SEARCH = """\
import gc, os
wanted = [text[::-1] for text in {backwards!r}]
by_words, short = dict(), []
for each in wanted:
    words = each.split()
    if len(words) > 4:
        by_words.setdefault(tuple(words[1:4]), []).append(each)
    else:
        short.append(each)
shortest = min(map(len, wanted))
found = set()

def look(text, where):
    if len(text) < shortest:
        return
    words = text.split()
    near = by_words.keys() & set(zip(words, words[1:], words[2:]))
    likely = short + [each for words in near for each in by_words[words]]
    found.update((where, each[:40]) for each in likely if each in text)

seen = {{id(one) for one in (*wanted, wanted, short, by_words)}}
gc.unfreeze()  # what the zygote had is kept from the collector, and so from this list
heap = gc.get_objects()
while heap:
    one = heap.pop()
    if id(one) in seen or one is heap or one is seen:
        continue
    seen.add(id(one))
    if isinstance(one, str):
        look(one, "memory")
    elif isinstance(one, bytes | bytearray):
        look(bytes(one).decode(errors="replace"), "memory")
    elif isinstance(one, dict | list | tuple | set | frozenset) and len(one) < 100_000:
        heap += one.values() if isinstance(one, dict) else one
files = 0
for top in {folders!r}:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names if len(folder) % {parts} == {part} else ():
            if name.endswith((".py", ".toml", ".md", ".json", ".txt")):
                try:
                    with open(os.path.join(folder, name), errors="replace") as file:
                        look(file.read(200_000), os.path.join(folder, name))
                        files += 1
                except OSError:
                    pass
print("looked at", len(seen) > 20_000, files)
print("found", sorted(found))

from fastapi import FastAPI

app = FastAPI()
"""
OWN_FOLDERS = ("/opt/app", "/scratch", "/sessions", "/tmp", "/home", "/root", "/etc", ".")
LIBRARIES = ("/opt/site", "/opt/py")
PARTS = 4  # of the libraries: each run is within its limits on a busy machine


def search(wanted: list[str], folders: tuple[str, ...], part: int | None = None) -> str:
    """The code that looks for these texts in memory and below these folders, or in a part."""
    parts = (1, 0) if part is None else (PARTS, part)
    backwards = [text[::-1] for text in wanted]
    return SEARCH.format(backwards=backwards, folders=folders, parts=parts[0], part=parts[1])


def secrets_of(exercise: Exercise) -> list[str]:
    """Pieces of what must stay hidden, each long enough to be found nowhere by chance.

    A single short line of a solution stands in many a manual, and so in a library's docstrings.
    """
    starter = set(exercise.starter.splitlines())
    texts = [exercise.why.strip()[:60], *(hint[:60] for hint in exercise.hints)]
    texts += [mistake.message[:60] for mistake in exercise.mistakes]
    lines = exercise.solution.splitlines()
    groups = [list(each) for known, each in groupby(lines, starter.__contains__) if not known]
    texts += ["\n".join(group).strip() for group in groups if len(group) > 1]
    long = (line.strip() for line in lines if line not in starter and len(line) > 60)
    return [*texts, *(line for line in long if not line.startswith("from "))]


def secrets_of_question(question: Question) -> list[str]:
    """What is told only after the answer."""
    texts = [question.explanation, *(each.feedback for each in question.choices)]
    texts += [each.feedback for each in question.wrong]
    return [text[:60] for text in texts if len(text) > 30]


def public_of(card: Card) -> str:
    """All that the card shows or lets one open: an answer may be made of the same lines."""
    texts = [card.answer_markdown, card.question, card.rule]
    texts += [cell.code for cell in (*card.cells, *card.more_cells)]
    texts += [f"{each.question}\n{each.answer}" for each in card.follow_ups]
    texts += [f"{claim.sentence}\n{claim.often_said}" for claim in card.claims]
    texts += [f"{each.goal}\n{each.starter}" for each in card.exercises]
    return "\n".join(texts)


@pytest.mark.django_db
@pytest.mark.parametrize(("card", "exercise"), CASES)
def test_the_page_holds_no_answer(client: Client, card: Card, exercise: Exercise) -> None:
    page = unescape(client.get(f"/{card.pack}/{card.slug}/").content.decode())
    shown = exercise.starter.splitlines()[-1].strip()
    assert shown in page  # the control: what is shown is found
    public = public_of(card)
    hidden = [each for each in secrets_of(exercise) if each not in public]
    hidden += [text for each in card.questions for text in secrets_of_question(each)]
    assert len(hidden) >= 5
    assert [each for each in hidden if each in page] == []
    for check in exercise.checks:
        assert f'check = "{check.name}"' not in page


CARDS = [
    pytest.param(card, id=card.slug)
    for pack in load_packs([BUILT_IN]).values()
    for card in pack.cards
    if card.exercises
]


PACK = load_packs([BUILT_IN])["async-databases"]


@pytest.mark.parametrize("card", CARDS)
async def test_an_answers_code_finds_nothing(sandbox_client: SandboxClient, card: Card) -> None:
    wanted = secrets_of_card(card)
    await assert_nothing_found(sandbox_client, card, wanted, OWN_FOLDERS)


@pytest.mark.parametrize("part", range(PARTS))
async def test_no_library_holds_anything_of_a_card(supervisor_socket: str, part: int) -> None:
    """They are the same for every card and user."""
    cards = load_packs([BUILT_IN])["async-databases"].cards
    wanted = [secret for card in cards for secret in secrets_of_card(card)]
    client = SandboxClient(supervisor_socket)
    await assert_nothing_found(client, cards[0], wanted, LIBRARIES, part)


def secrets_of_card(card: Card) -> list[str]:
    """What belongs to any of its exercises and questions."""
    wanted = [secret for each in card.exercises for secret in secrets_of(each)]
    return wanted + [secret for each in card.questions for secret in secrets_of_question(each)]


async def assert_nothing_found(
    client: SandboxClient,
    card: Card,
    wanted: list[str],
    folders: tuple[str, ...],
    part: int | None = None,
) -> None:
    """As an answer to the card's first exercise."""
    exercise = card.exercises[0]
    driver: Driver = next(iter(exercise.drivers), "")
    request = RunRequest(
        run_id=new_id("hidden"),
        code=search(wanted, folders, part),
        session=new_id("hidden"),
        database="postgres",
        driver=driver,
        seed=card.seed("postgres"),
        phases=list(exercise.phases),
        reads=list(exercise.reads),
        profile="heavy",
    )
    record = await client.record(request)
    assert "found []" in record.stdout, record.stderr or record.outcome
    looked = re.search(r"looked at True (\d+)", record.stdout)
    assert looked
    assert int(looked[1]) > (50 if part is None else 500)


async def test_the_recording_of_an_answer_holds_nothing_hidden(
    sandbox_client: SandboxClient,
) -> None:
    """An answer's run is kept without what it is judged by: reads, and answers to requests."""
    found = ((each, one) for each in PACK.cards for one in each.exercises)
    card, exercise = next(each for each in found if each[1].reads and each[1].is_code)
    driver = next(iter(exercise.drivers), None)
    request = grading.ask(card, exercise, exercise.starter, driver)
    events = [event async for batch in sandbox_client.stream(request) for event in batch]
    await sandbox_client.reset(request.session)
    told = recordings.cut(exercise.starter, events)
    shown = recordings.cut(exercise.starter, recordings.list_shown(events))
    hidden = [*secrets_of(exercise), *(f'"{read.name}"' for read in exercise.reads)]

    def list_found(recorded: recordings.Recorded) -> list[str]:
        text = b"\n".join(recordings.list_lines(recorded)).decode()
        return [each for each in hidden if each in text]

    assert list_found(told)  # the control: whole, it names what was read
    assert list_found(shown) == []


async def test_the_search_finds_what_is_there(sandbox_client: SandboxClient) -> None:
    """The control: a text in memory and in a file of the session is found by the same code."""
    plant = "hidden = ['the sol' + 'ution is here']\nopen('a.txt', 'w').write(hidden[0])\n"
    texts = ["the solution is here", "all of a longer one is here as well"]
    plant += "hidden.append('she said: all of a' + ' longer one is here as well\\n')\n"
    plant += "open('b.md', 'w').write(hidden[1])\n"
    code = plant + search(texts, OWN_FOLDERS)
    request = RunRequest(run_id=new_id("hidden"), code=code, session=new_id("hidden"))
    record = await sandbox_client.record(request)
    for text, file in zip(texts, ("./a.txt", "./b.md"), strict=True):
        assert f"('memory', '{text}')" in record.stdout, record.stderr
        assert f"('{file}', '{text}')" in record.stdout
