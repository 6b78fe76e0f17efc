"""What the pages of a review show: an item in its form, an answer's worth, a grade."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, Final

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exercises.exercise import Exercise
from exercises.model import Card
from exercises.question import Question
from exercises.questions import grade, list_questions
from playground.catalog import claims, markdown
from playground.catalog.queries import get_packs
from playground.progress import question_forms, review_queue
from playground.progress.models import ReviewItem, ReviewLog
from playground.progress.review_queue import Item, Kind
from playground.progress.scheduling import Grade, foretell

NAMES: Final = {
    Grade.AGAIN: "Again",
    Grade.HARD: "Hard",
    Grade.GOOD: "Good",
    Grade.EASY: "Easy",
}


def show(item: Item) -> dict[str, Any]:
    """The item as its page asks it."""
    card = item.card
    context: dict[str, Any] = {
        "item": item,
        "card": card,
        "pack": get_packs()[card.pack],
        "question": markdown.render_inline(card.question),
    }
    if exercise := item.exercise:
        return context | {
            "exercise": exercise,
            "goal": markdown.render(exercise.goal),
            # Each time from the author's code: the last answer would be the solution.
            "kept_as": f"review-{item.number}/{card.pack}/{card.slug}/{exercise.place}",
        }
    if item.kind == Kind.PREDICT:
        question = review_queue.choose_question(card, item.number)
        return context | {"asked": question_forms.ask(question, f"{item.key}/{item.number}")}
    return context | _recall(card, item.number) | {"grades": _offer(item.row)}


def tell_answer(log: ReviewLog) -> dict[str, Any] | None:
    """What was right and why; None when its question is not there any more."""
    found = review_queue.find(f"{log.pack}/{log.card}")
    card = found[0] if found else None
    questions = list_questions(card) if card else []
    question = next((each for each in questions if each.id == log.question), None)
    if not card or not question:
        return None
    cell = card.cell(question.evidence)
    graded = grade(question, log.answer)
    return {
        "card": card,
        "pack": get_packs()[card.pack],
        "question": markdown.render_inline(card.question),
        "asked": question_forms.ask(question, log.question),
        "graded": graded,
        "feedback": markdown.render_inline(graded.feedback),
        "given": _list_lines(question, graded.given),
        "expected": _list_lines(question, graded.expected),
        "explanation": markdown.render(question.explanation),
        "cell": cell,
        "anchor": claims.anchor_of_cell(card, cell.slug) if cell else "",
    }


def tell_rated(
    card: Card, exercise: Exercise | None, row: ReviewItem, zone: tzinfo
) -> dict[str, Any]:
    """How it went, when it comes again, and what else it might have been."""
    today, due = (at.astimezone(zone).date() for at in (timezone.now(), row.due_at))
    return {
        "key": review_queue.key_of(card, exercise),
        "title": exercise.title if exercise else markdown.render_inline(card.question),
        "grade": row.last_grade,
        "name": NAMES[Grade(row.last_grade)],
        "due": due,
        "days": (due - today).days,
        "grades": [(int(each), name) for each, name in NAMES.items()],
    }


def _list_lines(question: Question, text: str) -> list[SafeString]:
    """Choices are texts, all else is code or a number."""
    lines = text.splitlines()
    if question.kind == "choose":
        return [markdown.render_inline(line) for line in lines]
    return [format_html("<code>{}</code>", line) for line in lines]


def _recall(card: Card, number: int) -> dict[str, Any]:
    """The card's own question or a follow-up, each in its turn, with the answer to compare."""
    turn = (number // 2) % (len(card.follow_ups) + 1)
    if not turn:
        return {
            "prompt": markdown.render_inline(card.question),
            "rule": markdown.render_inline(card.rule),
            "answers": [markdown.render(each) for each in card.parts() if isinstance(each, str)],
        }
    follow_up = card.follow_ups[turn - 1]
    return {
        "prompt": markdown.render_inline(follow_up.question),
        "follows": True,
        "answers": [markdown.render(follow_up.answer)],
    }


def _offer(row: ReviewItem | None) -> list[tuple[int, str, str]]:
    """Each grade with the time until it would come again."""
    now = timezone.now()
    due = foretell(row.schedule if row else None, now)
    return [(int(each), name, _in_words(due[each], now)) for each, name in NAMES.items()]


def _in_words(due: datetime, now: datetime) -> str:
    days = (due - now).days
    if days < 60:
        return f"{days} day{'' if days == 1 else 's'}"
    if days < 700:
        return f"{round(days / 30.4)} months"
    return f"{round(days / 365)} years"
