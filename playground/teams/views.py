"""A team's own pages: make one, see it, change it, leave it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.teams import operations, queries, reminding
from playground.teams.access import allowed_to, signed_in, user_of
from playground.teams.assignment_views import show_own
from playground.teams.boards import make_board
from playground.teams.exporting import make_export
from playground.teams.forms import LinkForm, NameForm, PeopleForm
from playground.teams.models import Membership, Role
from playground.teams.permissions import Action, may
from playground.teams.quotas import say_bounds
from playground.teams.showing import show

LAST_OWNER = (
    "You are the only owner. Make somebody else an owner first, on the page of members, or delete "
    "the team."
)


def home(request: HttpRequest) -> HttpResponseBase:
    """One's teams, those one is invited to, and a new one; for everybody else what teams are."""
    if not request.user.is_authenticated:
        return render(request, "teams/about.html")
    return _own_teams(request)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def _own_teams(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = operations.create_team(actor=user, name=form.cleaned_data["name"])
        except operations.TooMany:
            most = operations.MOST_TEAMS
            form.add_error(None, f"You are in {most} teams, the most there may be. Leave one.")
        else:
            messages.success(request, f"The team {team.name} is there. Now invite somebody.")
            return redirect("team-members", team=team.public_id)
    context = {
        "form": form,
        "memberships": queries.list_memberships(user),
        "invited": queries.list_invited(user),
        "is_reminded": reminding.is_reminded(user),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "teams/teams.html", context, status=status)


@require_safe
@allowed_to(Action.SEE)
def team(request: HttpRequest, me: Membership) -> HttpResponse:
    """The team as its member sees it."""
    everybody = queries.list_members(me.team)
    context = {
        "packs": queries.list_published(me.team),
        "teachers": [one for one in everybody if one.teaches],
        "counts": len(everybody),
        "section": "team",
        "bounds": say_bounds(me.team),
    }
    if me.teaches:
        context["assignments"] = list(me.team.assignments.all())
        context["board"] = make_board(me.team)
    else:
        context["own"] = show_own(me, queries.list_own_assignments(me))
    return show(request, "teams/team.html", me, context)


@require_safe
@allowed_to(Action.SEE_MEMBERS)
def members(request: HttpRequest, me: Membership) -> HttpResponse:
    """Who is in it, and every way in."""
    return show_members(request, me)


def show_members(
    request: HttpRequest, me: Membership, status: int = 200, **more: object
) -> HttpResponse:
    """The page of members with something more on it: a link just made, a form to mend."""
    rows = [
        {
            "member": one,
            "may_remove": may(me, Action.REMOVE, one),
            "may_set_role": may(me, Action.SET_ROLE, one),
        }
        for one in queries.list_members(me.team)
    ]
    context = {
        "rows": rows,
        "roles": list(Role),
        "invitations": list(queries.list_open(me.team)),
        "link_form": LinkForm(with_teachers=may(me, Action.INVITE_TEACHER)),
        "people_form": PeopleForm(with_teachers=may(me, Action.INVITE_TEACHER)),
        "domains": operations.list_domains(me.user) if may(me, Action.OPEN_DOMAIN) else [],
        "section": "members",
        **more,
    }
    return show(request, "teams/members.html", me, context, status=status)


@require_POST
@allowed_to(Action.SET_ROLE)
def set_role(request: HttpRequest, me: Membership, member: Membership) -> HttpResponse:
    """Learner, teacher or owner; with ``transfer`` an owner in the asker's place."""
    given = request.POST.get("role", "")
    try:
        if given == "transfer":
            operations.transfer_team(actor=me, member=member)
            messages.success(
                request, f"{member.called} owns the team now; you are a teacher in it."
            )
        elif given in Role.values:
            operations.set_role(actor=me, member=member, role=Role(given))
            messages.success(request, f"{member.called} is {_one(Role(given))} now.")
    except operations.LastOwner:
        messages.error(request, LAST_OWNER)
    me.refresh_from_db()
    where = "team-members" if may(me, Action.SEE_MEMBERS) else "team"
    return redirect(where, team=me.team.public_id)


@require_POST
@allowed_to(Action.REMOVE)
def remove(request: HttpRequest, me: Membership, member: Membership) -> HttpResponse:
    """Out of the team; what they learnt stays theirs."""
    try:
        operations.remove_member(actor=me, member=member)
    except operations.LastOwner:
        messages.error(request, LAST_OWNER)
    else:
        said = f"{member.called} is not in the team any more. Their own progress stays theirs."
        messages.success(request, said)
    return redirect("team-members", team=me.team.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.LEAVE)
def leave(request: HttpRequest, me: Membership) -> HttpResponse:
    """Ask, then go."""
    if request.method != "POST":
        return show(
            request,
            "teams/leave.html",
            me,
            {"is_last": operations.is_last_owner(me), "section": "leave"},
        )
    try:
        operations.remove_member(actor=me, member=me)
    except operations.LastOwner:
        messages.error(request, LAST_OWNER)
        return redirect("team", team=me.team.public_id)
    said = f"You left {me.team.name}. Your progress stays yours; its teachers see nothing of it."
    messages.success(request, said)
    return redirect("teams")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.RENAME)
def rename(request: HttpRequest, me: Membership) -> HttpResponse:
    """The page of what an owner changes; its name is changed here."""
    form = NameForm(request.POST or None, initial={"name": me.team.name})
    if request.method == "POST" and form.is_valid():
        operations.rename_team(actor=me, name=form.cleaned_data["name"])
        messages.success(request, "Renamed.")
        return redirect("team-settings", team=me.team.public_id)
    status = 400 if request.method == "POST" else 200
    return show(
        request, "teams/settings.html", me, {"form": form, "section": "settings"}, status=status
    )


@require_POST
@allowed_to(Action.ARCHIVE)
def archive(request: HttpRequest, me: Membership) -> HttpResponse:
    """From now on only read."""
    operations.archive_team(actor=me)
    messages.success(request, "The team is in the archive: it can be read, and nothing changes.")
    return redirect("team", team=me.team.public_id)


@require_POST
@allowed_to(Action.UNARCHIVE)
def unarchive(request: HttpRequest, me: Membership) -> HttpResponse:
    """Go on with it."""
    operations.unarchive_team(actor=me)
    messages.success(request, "The team is back from the archive.")
    return redirect("team", team=me.team.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.DELETE)
def delete(request: HttpRequest, me: Membership) -> HttpResponse:
    """Offer its download, ask for its name; then delete it for good."""
    is_wrong = request.method == "POST" and request.POST.get("name", "").strip() != me.team.name
    if request.method != "POST" or is_wrong:
        status = 400 if is_wrong else 200
        context = {"is_wrong": is_wrong, "packs": queries.list_versions(me.team)}
        return show(request, "teams/delete.html", me, context, status=status)
    operations.delete_team(actor=me)
    messages.success(request, f"The team {me.team.name} is deleted. Progress stays its learners'.")
    return redirect("teams")


@require_safe
@allowed_to(Action.EXPORT)
def export(request: HttpRequest, me: Membership) -> HttpResponse:
    """All of the team as one JSON file."""
    response = HttpResponse(make_export(me.team), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="team-{me.team.public_id}.json"'
    return response


def _one(role: Role) -> str:
    return f"an {role}" if role == Role.OWNER else f"a {role}"
