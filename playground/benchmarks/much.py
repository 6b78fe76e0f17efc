"""Much of everything: a thousand cards in packs, a learner with ten thousand runs and attempts."""

from __future__ import annotations

from datetime import timedelta
from itertools import batched, cycle, islice, product
from pathlib import Path
from typing import Final

from django.db import connection
from django.utils import timezone

from exercises.model import Card
from playground.accounts.learners import digest_learner
from playground.accounts.models import User
from playground.catalog.queries import get_packs
from playground.progress.deriving import derive_exercise
from playground.progress.models import ActivityDay, Attempt, CardProgress, ReviewItem
from playground.quiz.items import get_items
from playground.quiz.models import Quiz, QuizAnswer
from playground.quiz.operations import keep_newest
from playground.runs import recordings
from playground.runs.models import Recording
from sandbox.protocol import Finished, Output, Started

PACKS: Final = 20
CARDS: Final = 50  # of each pack, which has no more than 99
RUNS: Final = 10_000
QUESTIONS: Final = 40  # of each quiz
_PACK: Final = 'title = "Pack {0}"\nslug = "many-{0}"\nsummary = "Made."\nversion = "1.0"\n'
_CARD: Final = """\
+++
question = "Question {0} of pack {1} on the pool?"
rule = "Give back what you took, number {0}."
tags = ["pool", "tag-{2}"]
difficulty = "{3}"
references = [{{ title = "Manual", url = "https://docs.python.org/3/" }}]
[[cells]]
file = "01-trap.py"
title = "The trap"
kind = "trap"
drivers = ["aiosqlite"]
+++
The **answer** to question {0}: a pool lends connections.

{{{{ cell: 01-trap.py }}}}
"""
_EXERCISE: Final = """\
title = "Answer it, number {0}"
kind = "code"
goal = "Answer with 200."
why = "It was answered."
hints = ["What answers?"]
drivers = ["aiosqlite"]
[[phases]]
name = "asked"
requests = [{{ path = "/" }}]
[[checks]]
check = "statuses"
phase = "asked"
statuses = [200]
"""
_CODE: Final = "import asyncio\n\nawait asyncio.sleep(0.01)\nprint('done')\n"


def write_packs(folder: Path) -> None:
    """A thousand cards, as authors write them."""
    for pack in range(PACKS):
        home = folder / f"many-{pack}"
        home.mkdir(parents=True)
        (home / "pack.toml").write_text(_PACK.format(pack))
        for number in range(1, CARDS + 1):
            cells = home / f"{number:02}-card-{number}" / "cells"
            cells.mkdir(parents=True)
            level = ("easy", "medium", "hard")[number % 3]
            card = _CARD.format(number, pack, number % 10, level)
            (cells.parent / "card.md").write_text(card)
            (cells / "01-trap.py").write_text(_CODE)
            exercise = cells.parent / "exercises" / "01-answer"
            exercise.mkdir(parents=True)
            (exercise / "exercise.toml").write_text(_EXERCISE.format(number))
            (exercise / "starter.py").write_text("print()\n")
            (exercise / "solution.py").write_text(_CODE)


def fill(email: str) -> User:
    """The learner, with as many runs of each card's cell as are kept, and half as many passes."""
    user = User.objects.create_user(email)
    digest = digest_learner(user.learner)
    cards = [
        card for pack in get_packs().values() for card in pack.cards if card.pack[:5] == "many-"
    ]
    times = RUNS // len(cards)
    _fill_runs(digest, [card for _, card in product(range(times), cards)])
    _fill_progress(digest, cards, times)
    _fill_quizzes(digest)
    analyze()
    return user


def analyze() -> None:
    """As a server does by itself, within a minute."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _fill_runs(digest: str, cards: list[Card]) -> None:
    content = recordings.pack(
        recordings.cut(
            _CODE,
            [
                Started(0, "fresh"),
                Output(10, "stdout", "done\n"),
                Finished(11_000, "completed", "nobody", "Completed.", wall_us=11_000),
            ],
        )
    )
    Recording.objects.bulk_create(
        (
            Recording(
                run_id=f"{number:032x}",
                learner=digest,
                pack=card.pack,
                card=card.slug,
                cell=card.cells[0].slug,
                cell_digest=card.cells[0].digest,
                driver="aiosqlite",
                outcome="completed",
                wall_us=11_000,
                longest_block_us=0,
                content=content,
                stored_bytes=len(content),
                share_token="shared-0" if number == 0 else None,
                share_expires_at=timezone.now() + timedelta(days=1) if number == 0 else None,
            )
            for number, card in enumerate(cards)
        ),
        batch_size=500,
    )


def _fill_progress(digest: str, cards: list[Card], times: int) -> None:
    """Every card read and run, every exercise failed but for the last attempt at every other."""
    now = timezone.now()
    CardProgress.objects.bulk_create(
        CardProgress(
            learner=digest,
            pack=card.pack,
            card=card.slug,
            read_at=now,
            ran_at=now,
            runs=times,
            last_at=now,
        )
        for card in cards
    )
    Attempt.objects.bulk_create(
        (
            Attempt(
                run_id=f"{number:024x}{time:08x}",
                learner=digest,
                pack=card.pack,
                card=card.slug,
                exercise=card.exercises[0].slug,
                exercise_digest=card.exercises[0].digest,
                driver="aiosqlite",
                state="passed" if time == times - 1 and number % 2 else "failed",
                answer=_CODE,
                verdicts=[{"check": "statuses", "state": "failed", "expected": "200"}],
                created_at=now - timedelta(hours=times - time, seconds=number),
            )
            for number, card in enumerate(cards)
            for time in range(times)
        ),
        batch_size=500,
    )
    for card in cards:
        derive_exercise(digest, card.pack, card.slug, card.exercises[0].slug)
    ReviewItem.objects.update(due_at=now - timedelta(days=1))
    days = (now.date() - timedelta(days=back) for back in range(400))
    ActivityDay.objects.bulk_create(
        ActivityDay(learner=digest, day=day, runs=20, attempts=20, passed=1) for day in days
    )


def _fill_quizzes(digest: str) -> None:
    """Answers to all questions there are, again and again, every third one wrong."""
    now = timezone.now()
    drawn = list(islice(cycle(get_items().values()), RUNS))
    quizzes = Quiz.objects.bulk_create(
        Quiz(
            learner=digest,
            seed="seed",
            questions=[[*item.key, item.digest] for item in questions],
            created_at=now - timedelta(hours=number),
        )
        for number, questions in enumerate(batched(drawn, QUESTIONS))
    )
    QuizAnswer.objects.bulk_create(
        (
            QuizAnswer(
                learner=digest,
                quiz=quiz,
                position=position,
                pack=pack,
                card=card,
                question=question,
                given=None,
                right=bool(position % 3),
                is_newest=True,
                shown_at=quiz.created_at,
                answered_at=quiz.created_at,
            )
            for quiz in quizzes
            for position, (pack, card, question, _) in enumerate(quiz.questions, 1)
        ),
        batch_size=500,
    )
    keep_newest(digest)
