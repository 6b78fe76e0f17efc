"""The tables of teams. What is said and tried in a team is its own: the operator sees neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from playground.operating.audited import AuditedAdmin, ReadOnlyAdmin
from playground.operating.site import site
from playground.teams.models import Assignment, Invitation, Membership, Team
from playground.teams.quotas import say_bounds

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Team]
else:
    ModelForm = forms.ModelForm

_SETTING = "Empty: as the setting {} says. 0: without bound."


class CeilingForm(ModelForm):
    """What the operator sets for one team."""

    class Meta:
        """Above what its owners set."""

        model = Team
        fields = ("most_runs_at_once", "most_runs_per_hour")
        labels: ClassVar[dict[str, str]] = {
            "most_runs_at_once": "Most runs at once",
            "most_runs_per_hour": "Most runs within an hour",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "most_runs_at_once": _SETTING.format("RUNS_AT_ONCE_PER_TEAM"),
            "most_runs_per_hour": _SETTING.format("RUNS_PER_HOUR_PER_TEAM"),
        }


class ArchiveFilter(admin.SimpleListFilter):
    """Whether anything changes in it."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Beside all of them."""
        return [("used", "in use"), ("archived", "in the archive")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As chosen."""
        if self.value() in ("used", "archived"):
            return queryset.filter(archived_at__isnull=self.value() == "used")
        return queryset


@admin.register(Team, site=site)
class TeamAdmin(AuditedAdmin):
    """Teams: how large they are, what they may run, and their end."""

    form = CeilingForm
    list_display = ("name", "members", "assignments", "created_at", "is_used")
    list_filter = (ArchiveFilter, "created_at")
    search_fields = ("name", "=public_id", "memberships__user__email")
    search_help_text = "a team's name or the id in its address, or somebody's address"
    ordering = ("-created_at", "-pk")
    fields = (
        *("name", "public_id", "created_at", "archived_at", "people"),
        *("set_by_owners", "most_runs_at_once", "most_runs_per_hour"),
    )
    readonly_fields = (
        *("name", "public_id", "created_at", "archived_at", "people", "set_by_owners"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        """With how much there is in each."""
        counted = Count("memberships", distinct=True), Count("assignments", distinct=True)
        found: QuerySet[Team] = super().get_queryset(request)
        return found.annotate(members_there=counted[0], assignments_there=counted[1])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With all that was set and said in it; what its learners learnt stays theirs."""
        return True

    @admin.display(description="members", ordering="members_there")
    def members(self, team: Any) -> int:
        """How many are in it."""
        return int(team.members_there)

    @admin.display(description="assignments", ordering="assignments_there")
    def assignments(self, team: Any) -> int:
        """How many are set."""
        return int(team.assignments_there)

    @admin.display(boolean=True, description="in use")
    def is_used(self, team: Team) -> bool:
        """Whether it is not in the archive."""
        return team.archived_at is None

    @admin.display(description="members")
    def people(self, team: Any) -> str:
        """Where they are listed."""
        address = reverse("admin:teams_membership_changelist")
        asked = urlencode({"q": team.public_id})
        return format_html('<a href="{}?{}">{}</a>', address, asked, team.members_there)

    @admin.display(description="limits of its owners")
    def set_by_owners(self, team: Team) -> str:
        """What they bounded."""
        return ", ".join(say_bounds(team)) or "none"

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        """And write it down."""
        with transaction.atomic():
            self.record(request, "deleted", obj)
            obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        """One after the other."""
        for team in queryset:
            self.delete_model(request, team)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Their names: what goes with them is its members' to read."""
        teams = [team.name for team in objs]
        return teams, {"teams": len(teams)}, set(), []


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnlyAdmin):
    """Who is in which team, as what."""

    list_display = ("user", "team", "role", "joined_at")
    list_filter = ("role", "joined_at")
    list_select_related = ("user", "team")
    search_fields = ("user__email", "team__name", "=team__public_id")
    search_help_text = "somebody's address, or a team's name or the id in its address"
    ordering = ("-joined_at", "-pk")
    fields = readonly_fields = ("user", "team", "role", "joined_at", "joined_by")


@admin.register(Assignment, site=site)
class AssignmentAdmin(ReadOnlyAdmin):
    """What is set, where and when."""

    list_display = ("title", "team", "pack", "size", "opens_at", "due_at", "for_all")
    list_filter = ("for_all", "late", "opens_at", "due_at")
    list_select_related = ("team",)
    search_fields = ("title", "pack", "team__name", "=team__public_id", "created_by__email")
    search_help_text = "words of its title, its pack, its team, or the address of who set it"
    ordering = ("-opens_at", "-pk")
    fields = readonly_fields = (
        *("title", "team", "pack", "size", "for_all", "opens_at", "due_at", "late", "pass_mark"),
        *("created_by", "created_at"),
    )

    @admin.display(description="cards and exercises")
    def size(self, assignment: Assignment) -> int:
        """How many there are in it."""
        return len(assignment.items)


@admin.register(Invitation, site=site)
class InvitationAdmin(ReadOnlyAdmin):
    """Which ways into a team are open: whose, for whom and until when. No link is shown."""

    list_display = ("whom", "team", "role", "made_by", "made_at", "expires_at", "uses_left")
    list_filter = ("role", "made_at", "expires_at")
    list_select_related = ("team", "made_by")
    search_fields = ("email", "domain", "team__name", "=team__public_id", "made_by__email")
    search_help_text = "whose address or domain, a team, or the address of who invited"
    ordering = ("-made_at", "-pk")
    fields = readonly_fields = (
        *("whom", "team", "role", "made_by", "made_at", "sent_at", "expires_at", "uses_left"),
    )

    @admin.display(description="for")
    def whom(self, invitation: Invitation) -> str:
        """As its team lists it."""
        return str(invitation)
