"""What is said of attempts, as pages: say it, answer it, take it back, and find what is new."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from playground.teams import feedback, own_packs
from playground.teams.access import allowed_to, signed_in, user_of
from playground.teams.forms import CommentForm
from playground.teams.looking_views import show_attempt
from playground.teams.models import Comment, Membership
from playground.teams.permissions import Action
from playground.teams.scope import SeenAttempt


@require_POST
@allowed_to(Action.COMMENT)
def comment(request: HttpRequest, me: Membership, run_id: SeenAttempt) -> HttpResponse:
    """Say something of a line, a moment or all of it."""
    form = CommentForm(request.POST, lines=len(run_id.attempt.answer.splitlines()))
    if not form.is_valid():
        return show_attempt(request, me, run_id, status=400, comment_form=form)
    try:
        made = feedback.add_comment(
            actor=me,
            seen=run_id,
            text=form.cleaned_data["text"],
            line=form.cleaned_data["line"],
            at_us=form.at_us,
        )
    except feedback.TooManyComments:
        most = feedback.MOST_COMMENTS
        form.add_error(None, f"There are {most} comments on this attempt, the most there may be.")
        return show_attempt(request, me, run_id, status=409, comment_form=form)
    thread = feedback.Thread(made.line, made.at_us, [])
    names = {"team": me.team.public_id, "run_id": run_id.attempt.run_id}
    return redirect(f"{reverse('team-attempt', kwargs=names)}#{thread.anchor}")


@require_POST
@allowed_to(Action.DELETE_COMMENT)
def delete_comment(request: HttpRequest, me: Membership, comment: Comment) -> HttpResponse:
    """Take back what one said."""
    run_id = comment.attempt.run_id
    feedback.delete_comment(actor=me, comment=comment)
    messages.success(request, "Your comment is deleted.")
    return redirect("team-attempt", team=me.team.public_id, run_id=run_id)


@require_safe
@signed_in
def notices(request: HttpRequest) -> HttpResponseBase:
    """What was said to somebody, the newest first; what is shown here is read."""
    user = user_of(request)
    found = feedback.list_notices(user)
    rows = [{"notice": one, "title": _title(one.comment)} for one in found]
    page = render(request, "teams/feedback.html", {"rows": rows})
    if request.method == "GET":
        feedback.mark_seen(user, found)
    return page


def _title(comment: Comment) -> str:
    one = comment.attempt
    card = own_packs.get_card(comment.team, one.pack, one.card)
    exercise = card.exercise(one.exercise) if card else None
    return exercise.title if exercise else one.exercise
