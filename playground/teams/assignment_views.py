"""What is set to a team: made, changed and looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exercises.model import Pack
from playground.accounts.stop_links import UnknownLink
from playground.catalog.queries import get_packs
from playground.teams import assignments, operations, own_packs, queries, reminding
from playground.teams.access import allowed_to, signed_in, user_of
from playground.teams.assignment_forms import AssignmentForm, describe
from playground.teams.boards import make_board
from playground.teams.models import Assignment, Membership
from playground.teams.permissions import Action
from playground.teams.showing import show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.SET_ASSIGNMENT)
def new(request: HttpRequest, me: Membership) -> HttpResponse:
    """Choose a pack, then what of it, for whom and until when."""
    own = {pack.slug: pack for pack in own_packs.list_packs(me.team)}
    packs = {**get_packs(), **own}
    pack = packs.get(request.GET.get("pack", "")) or next(iter(packs.values()))
    form = AssignmentForm(request.POST or None, team=me.team, pack=pack)
    if request.method == "POST" and form.is_valid():
        made = operations.set_assignment(actor=me, pack=pack.slug, **_given(form))
        messages.success(request, f"“{made.title}” is set.")
        return redirect("assignment", team=me.team.public_id, assignment=made.pk)
    return _show_form(request, me, form, pack, packs=list(packs.values()))


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.SET_ASSIGNMENT)
def edit(request: HttpRequest, me: Membership, assignment: Assignment) -> HttpResponse:
    """The same form with what it is now; its pack stays."""
    pack = assignments.read_packs([assignment]).get(assignment.pack)
    if pack is None:
        messages.error(request, f"The pack {assignment.pack} is not here any more.")
        return redirect("assignment", team=me.team.public_id, assignment=assignment.pk)
    begun = describe(assignment)
    form = AssignmentForm(request.POST or None, team=me.team, pack=pack, initial=begun)
    if request.method == "POST" and form.is_valid():
        operations.change_assignment(actor=me, assignment=assignment, **_given(form))
        messages.success(request, "Changed.")
        return redirect("assignment", team=me.team.public_id, assignment=assignment.pk)
    return _show_form(request, me, form, pack, assignment=assignment)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.SET_ASSIGNMENT)
def delete(request: HttpRequest, me: Membership, assignment: Assignment) -> HttpResponse:
    """Ask, then take it back; what was done for it stays its learners'."""
    if request.method != "POST":
        context = {"assignment": assignment}
        return show(request, "teams/assignment_delete.html", me, context)
    operations.delete_assignment(actor=me, assignment=assignment)
    messages.success(request, f"“{assignment.title}” is not set any more.")
    return redirect("team", team=me.team.public_id)


@require_safe
@allowed_to(Action.SEE_ASSIGNMENT)
def assignment(request: HttpRequest, me: Membership, assignment: Assignment) -> HttpResponse:
    """What is set, until when, and how far the asker or the team is."""
    context: dict[str, Any] = {"assignment": assignment}
    if not me.teaches:
        context |= show_own(me, [assignment])[0]
        return show(request, "teams/assignment.html", me, context)
    context["board"] = make_board(me.team, assignment)
    context["items"] = assignments.list_items(assignment)
    context["learners"] = queries.list_learners_of(assignment)
    return show(request, "teams/assignment.html", me, context)


def show_own(me: Membership, found: list[Assignment]) -> list[dict[str, Any]]:
    """Each with its items and where one stands with them, in two statements."""
    packs = assignments.read_packs(found)
    listed = [(one, assignments.list_items(one, packs)) for one in found]
    rows = assignments.read_rows([me.learner], [item for _, items in listed for item in items])
    shown = []
    for one, items in listed:
        standings = [assignments.stand(rows, me.learner, item) for item in items]
        shown.append(
            {
                "assignment": one,
                "pairs": list(zip(items, standings, strict=True)),
                "result": assignments.conclude(one, standings),
            }
        )
    return shown


@require_POST
@signed_in
def by_mail(request: HttpRequest) -> HttpResponseBase:
    """The account's own choice, for all its teams."""
    if request.POST.get("wanted") == "yes":
        reminding.resume(user_of(request))
        messages.success(request, "You will be reminded by mail of what is due.")
    else:
        reminding.stop(user_of(request).pk)
        messages.success(request, "You will get no more reminders by mail.")
    return redirect("teams")


@never_cache
@csrf_exempt  # a mail program posts here without having been here; the token is signed
@require_http_methods(["GET", "HEAD", "POST"])
def stop_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Without signing in: ask, so that whoever only follows links ends nothing; then do it."""
    try:
        user_id = reminding.STOP_LINK.read(token)
    except UnknownLink:
        return render(request, "teams/reminders.html", {"unknown": True}, status=404)
    if request.method == "POST":
        reminding.stop(user_id)
    return render(request, "teams/reminders.html", {"ended": request.method == "POST"})


def _given(form: AssignmentForm) -> dict[str, Any]:
    given = dict(form.cleaned_data)
    chosen = {str(pk) for pk in given.pop("members")}
    for_all = given.pop("whom") == "all"
    members = [one for one in form.learners if str(one.pk) in chosen and not for_all]
    items = [list(value.split("/", 1)) for value in given.pop("items")]
    return given | {"items": items, "for_all": for_all, "members": members}


def _show_form(
    request: HttpRequest, me: Membership, form: AssignmentForm, pack: Pack, **more: Any
) -> HttpResponse:
    status = 400 if form.is_bound else 200
    context = {"form": form, "pack": pack, **more}
    return show(request, "teams/assignment_form.html", me, context, status=status)
