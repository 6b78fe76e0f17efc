"""What a teacher looks at: the grid as a file, a learner, a card, an attempt."""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from exercises.model import Card, Pack
from playground.progress.models import Attempt
from playground.runs.fragments import RunPicture
from playground.runs.models import Recording
from playground.runs.recordings import unpack
from playground.runs.views import SHOWN_AS
from playground.teams import assignments, feedback, own_packs, queries, scope
from playground.teams.access import NothingHere, allowed_to
from playground.teams.assignment_views import show_own
from playground.teams.boards import make_board
from playground.teams.forms import CommentForm
from playground.teams.models import Membership
from playground.teams.permissions import Action
from playground.teams.scope import SeenAttempt
from playground.teams.showing import show

MOST_ATTEMPTS: Final = 100
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@allowed_to(Action.EXPORT)
def grid_csv(request: HttpRequest, me: Membership) -> HttpResponse:
    """A line for each learner and item; of one assignment, or of all that is open."""
    number = request.GET.get("assignment", "")
    found = me.team.assignments.filter(pk=number).first() if number.isdigit() else None
    board = make_board(me.team, found)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="grid-{me.team.public_id}.csv"'
    writer = csv.writer(response)
    writer.writerow(["name", "email", "pack", "card", "exercise", "state", "done at (UTC)"])
    for row in board.rows:
        for item, standing in zip(board.items, row.standings, strict=True):
            if standing:
                done = standing.done_at
                of = (item.card.pack, item.card.slug, item.exercise, standing.state)
                told = (row.member.name, row.member.user.email, *of)
                at = f"{done:%Y-%m-%d %H:%M}" if done else ""
                writer.writerow([*map(defuse, told), at])
    return response


def defuse(text: str) -> str:
    """A table program takes what begins so for a formula and runs it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


@require_safe
@allowed_to(Action.SEE_LEARNER)
def learner(request: HttpRequest, me: Membership, member: Membership) -> HttpResponse:
    """What is set to a learner, where they stand, and their attempts at it."""
    seen = scope.list_attempts(me.team, [member], MOST_ATTEMPTS)
    packs = own_packs.read_packs(me.team, {one.attempt.pack for one in seen})
    context = {
        "member": member,
        "own": show_own(member, queries.list_own_assignments(member)),
        "attempts": [{"attempt": one.attempt, "title": _title(packs, one.attempt)} for one in seen],
        "most": MOST_ATTEMPTS,
        "section": "" if me.teaches else "attempts",
    }
    return show(request, "teams/learner.html", me, context)


@require_safe
@allowed_to(Action.SEE_CARD)
def team_card(request: HttpRequest, me: Membership, pack: str, card: str) -> HttpResponse:
    """The mistakes most made on a card, and where each learner stands with it."""
    found = own_packs.get_card(me.team, pack, card)
    if found is None:
        raise NothingHere
    learners = queries.list_learners(me.team)
    seen = scope.list_attempts(me.team, learners, 1000, pack=pack, card=card)
    counts: Counter[tuple[str, str]] = Counter()
    who: dict[tuple[str, str], set[int]] = {}
    for one in seen:
        if one.attempt.state == Attempt.State.FAILED:
            key = (one.attempt.exercise, one.attempt.mistake or _first_failed(one.attempt))
            counts[key] += 1
            who.setdefault(key, set()).add(one.member.pk)
    mistakes = [
        {
            "title": _title_of(found, key[0]),
            "what": key[1],
            "times": times,
            "learners": len(who[key]),
        }
        for key, times in sorted(counts.items(), key=lambda one: (-len(who[one[0]]), -one[1]))
    ]
    scopes = scope.read_scopes(me.team, learners)
    item = assignments.Item(found)
    set_to = [
        one for one in learners if any(key[:2] == (pack, card) for key in scopes[one.pk].since)
    ]
    rows = assignments.read_rows([one.learner for one in set_to], [item])
    standings = [(one, assignments.stand(rows, one.learner, item)) for one in set_to]
    context = {"card": found, "mistakes": mistakes, "standings": standings}
    return show(request, "teams/card.html", me, context)


@require_safe
@allowed_to(Action.SEE_ATTEMPT)
def attempt(request: HttpRequest, me: Membership, run_id: SeenAttempt) -> HttpResponse:
    """An answer, what was said of it, and its run."""
    return show_attempt(request, me, run_id)


def show_attempt(
    request: HttpRequest, me: Membership, seen: SeenAttempt, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of an attempt with something more on it."""
    one = seen.attempt
    threads = feedback.list_threads(me.team, seen)
    feedback.name_authors(me.team, threads)
    if request.method == "GET":
        feedback.mark_attempt_seen(me.user, seen)
    packs = own_packs.read_packs(me.team, {one.pack})
    lines = one.answer.splitlines()
    begun = {"line": request.GET.get("line", "")}
    said_of = {thread.line for thread in threads}
    recording = Recording.objects.filter(run_id=one.run_id, learner=one.learner).first()
    context = {
        "attempt": one,
        "member": seen.member,
        "card": _card(packs, one),
        "title": _title(packs, one),
        "lines": [(line, number in said_of) for number, line in enumerate(lines, 1)],
        "threads": threads,
        "comment_form": CommentForm(lines=len(lines), initial=begun),
        "recording": recording,
        "recorded": unpack(recording.content) if recording else None,
        **more,
    }
    return show(request, "teams/attempt.html", me, context, status=status)


@require_safe
@allowed_to(Action.SEE_ATTEMPT)
def attempt_fragments(request: HttpRequest, me: Membership, run_id: SeenAttempt) -> HttpResponse:
    """What the socket sent when the attempt ran."""
    one = run_id.attempt
    found = Recording.objects.filter(run_id=one.run_id, learner=one.learner).first()
    if found is None:
        raise NothingHere
    return HttpResponse(RunPicture(SHOWN_AS).render(unpack(found.content).events))


def _card(packs: dict[str, Pack], one: Attempt) -> Card | None:
    return packs[one.pack].card(one.card) if one.pack in packs else None


def _title(packs: dict[str, Pack], one: Attempt) -> str:
    card = _card(packs, one)
    return _title_of(card, one.exercise) if card else one.exercise


def _title_of(card: Any, slug: str) -> str:
    found = card.exercise(slug)
    return found.title if found else slug


def _first_failed(one: Attempt) -> str:
    verdicts: list[dict[str, Any]] = one.verdicts
    failed = (each for each in verdicts if each.get("state") == "failed")
    expected = str(next(failed, {}).get("expected", ""))
    return f"not yet “{expected}”" if expected else "a check failed"
