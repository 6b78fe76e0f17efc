"""The ways into a team: a link, a mail, a domain; made by those who teach, taken by anybody."""

from __future__ import annotations

import logging

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.runs.finding import private
from playground.teams import inviting, mails, operations, queries
from playground.teams.access import allowed_to, signed_in, user_of
from playground.teams.forms import JoinForm, LinkForm, PeopleForm
from playground.teams.models import Invitation, Membership, Role
from playground.teams.permissions import Action, may
from playground.teams.showing import show
from playground.teams.views import show_members

_log = logging.getLogger(__name__)


@require_POST
@allowed_to(Action.INVITE_LEARNER)
def make_link(request: HttpRequest, me: Membership) -> HttpResponse:
    """A link, told on the page that answers and never again."""
    form = LinkForm(request.POST, with_teachers=may(me, Action.INVITE_TEACHER))
    if not form.is_valid():
        return show_members(request, me, status=400, link_form=form)
    given = form.cleaned_data
    invitation, token = operations.make_link(
        actor=me, role=Role(given["role"]), days=given["days"], uses=given["uses"]
    )
    link = request.build_absolute_uri(reverse("join", args=[token]))
    return show_members(request, me, made=invitation, link=link)


@require_POST
@allowed_to(Action.INVITE_LEARNER)
def invite(request: HttpRequest, me: Membership) -> HttpResponse:
    """Show what will happen for each line; do it once that very plan is confirmed."""
    form = PeopleForm(request.POST, with_teachers=may(me, Action.INVITE_TEACHER))
    if not form.is_valid():
        return show_members(request, me, status=400, people_form=form)
    planned = inviting.plan(me, form.cleaned_data["people"], Role(form.cleaned_data["role"]))
    digest = inviting.digest_plan(planned)
    is_asked = "send" in request.POST
    context: dict[str, object] = {
        "form": form,
        "planned": planned,
        "digest": digest,
        "sent": sum(one.is_sent for one in planned),
        "changed": is_asked and request.POST.get("seen") != digest,
    }
    if not is_asked or context["changed"]:
        return show(request, "teams/preview.html", me, context)
    if not ratelimit.consume(request, action="invite", user=me.user):
        return show(request, "teams/preview.html", me, context | {"too_often": True}, status=429)
    failed = [one.email for one in planned if one.is_sent and not _send(request, me, one)]
    count = sum(one.is_sent for one in planned) - len(failed)
    messages.success(request, f"{count} invitation{'' if count == 1 else 's'} sent.")
    if failed:
        said = "These mails did not leave; invite them again in a while: "
        messages.error(request, said + ", ".join(failed))
    return redirect("team-members", team=me.team.public_id)


def _send(request: HttpRequest, me: Membership, one: inviting.Planned) -> bool:
    """Whether its mail left."""
    invitation, token = operations.invite(actor=me, email=one.email, name=one.name, role=one.role)
    link = request.build_absolute_uri(reverse("join", args=[token]))
    try:
        mails.make_invitation(invitation, link).send()
    except OSError:  # smtplib's errors are such
        _log.exception("invitation %s", invitation.pk)
        return False
    operations.note_sent(invitation=invitation)
    return True


@require_POST
@allowed_to(Action.OPEN_DOMAIN)
def open_domain(request: HttpRequest, me: Membership) -> HttpResponse:
    """Everybody with a proved address of the owner's own domain may join."""
    domain = request.POST.get("domain", "")
    try:
        operations.open_domain(actor=me, domain=domain)
    except operations.NotTheirDomain:
        said = "You can open the team to a domain at which you have a proved address yourself."
        messages.error(request, said)
    else:
        messages.success(request, f"Whoever proves an address at {domain} can join now.")
    return redirect("team-members", team=me.team.public_id)


@require_POST
@allowed_to(Action.WITHDRAW_INVITATION)
def withdraw(request: HttpRequest, me: Membership, invitation: Invitation) -> HttpResponse:
    """It works no more."""
    operations.withdraw_invitation(actor=me, invitation=invitation)
    messages.success(request, f"The invitation for {invitation} is withdrawn.")
    return redirect("team-members", team=me.team.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The team behind a link, what its teachers will see, and one button."""
    invitation = queries.get_by_token(token)
    if invitation is None:
        return render(request, "teams/link_ended.html", status=404)
    if not request.user.is_authenticated:
        context = {"invitation": invitation, "team": invitation.team, "here": request.path}
        return render(request, "teams/join.html", context)
    answer = _take(request, invitation=invitation)
    assert isinstance(answer, HttpResponse)
    return answer


@require_POST
@signed_in
def join_by_address(request: HttpRequest, team: str) -> HttpResponseBase:
    """For somebody whose proved address, or its domain, is invited."""
    invited = queries.list_invited(user_of(request), team)
    if not invited:
        return render(request, "teams/link_ended.html", status=404)
    return _take(request, invitation=invited[0])


@signed_in
def _take(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    user, team = user_of(request), invitation.team
    member = queries.get_membership(user, team.public_id)
    form = JoinForm(request.POST if "name" in request.POST else None)
    if member is None and not (request.method == "POST" and form.is_valid()):
        context = {"invitation": invitation, "team": team, "form": form, "here": request.path}
        return render(request, "teams/join.html", context)
    if member is None:
        try:
            name = form.cleaned_data["name"]
            operations.join(actor=user, invitation=invitation, name=name)
        except operations.Ended:
            return render(request, "teams/link_ended.html", status=404)
        except operations.TooMany:
            form.add_error(None, "There is no room: the team is full, or you are in 50 teams.")
            context = {"invitation": invitation, "team": team, "form": form, "here": request.path}
            return render(request, "teams/join.html", context, status=409)
        messages.success(request, f"You are in {team.name} now.")
    return redirect("team", team=team.public_id)
