"""The page on which owners bound what is run for their team."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from playground.teams import operations
from playground.teams.access import allowed_to
from playground.teams.forms import QuotaForm
from playground.teams.models import Membership
from playground.teams.permissions import Action
from playground.teams.quotas import QUOTAS, find_ceiling
from playground.teams.showing import show


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to(Action.SET_QUOTAS)
def quotas(request: HttpRequest, me: Membership) -> HttpResponse:
    """What is set, what the operator allows, and a form for the rest."""
    initial = {name: getattr(me.team, name) or None for name in QUOTAS}
    given = request.POST if request.method == "POST" else None  # all of it may be empty
    form = QuotaForm(given, initial=initial, ceiling=find_ceiling(me.team))
    if request.method == "POST" and form.is_valid():
        operations.set_quotas(actor=me, **form.figures)
        messages.success(request, "The limits hold for every run that begins from now on.")
        return redirect("team-quotas", team=me.team.public_id)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "section": "settings"}
    return show(request, "teams/quotas.html", me, context, status=status)
