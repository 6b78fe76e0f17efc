"""The tables of the admin. None shows a secret: no key, token, password, session or code."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from playground.accounts import operations as accounts
from playground.accounts.models import AuditEntry, User
from playground.news.models import SentNews, Subscription
from playground.operating import admin_teams  # noqa: F401 - its tables
from playground.operating.audited import AuditedAdmin, ReadOnlyAdmin
from playground.operating.site import site
from playground.runs import operations as runs
from playground.runs.models import AbuseReport, Recording


@admin.register(User, site=site)
class UserAdmin(AuditedAdmin):
    """Accounts: stop one from signing in, or delete it with all that is its own."""

    list_display = ("email", "created_at", "last_login", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "created_at", "last_login")
    search_fields = ("email",)
    ordering = ("-created_at", "-pk")
    fields = ("email", "created_at", "last_login", "is_active", "is_staff")
    readonly_fields = ("email", "created_at", "last_login", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Of anybody but oneself: for that there is the account's own page."""
        return obj is None or obj != request.user

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """Whoever may not sign in any more is signed out everywhere."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            accounts.sign_out_elsewhere(obj, but=None)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """With everything that apps keep of them, as their own page does it."""
        with transaction.atomic():
            self.record(request, "deleted", obj)
            accounts.delete_account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """One after the other; whoever asks stays."""
        for user in queryset.exclude(pk=request.user.pk or 0):
            self.delete_model(request, user)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Their addresses: the rows that go with them have keys of sessions in them."""
        users = [user for user in objs if user != request.user]
        return [user.email for user in users], {"accounts": len(users)}, set(), []


class OpenFilter(admin.SimpleListFilter):
    """Reports that nobody dealt with, unless one asks for others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Beside all of them."""
        return [("open", "open"), ("closed", "closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As chosen."""
        if self.value() in ("open", "closed"):
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(AbuseReport, site=site)
class AbuseReportAdmin(ReadOnlyAdmin):
    """Reports of shared runs, oldest first as they are dealt with."""

    list_display = ("created_at", "reason", "run", "is_open", "look")
    list_filter = (OpenFilter, "reason", "created_at")
    search_fields = ("text", "recording__pack", "recording__card")
    list_select_related = ("recording",)
    fields = ("created_at", "reason", "text", "run", "look", "closed_at")
    readonly_fields = fields
    actions = ("take_down", "close")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AbuseReport]:
        """Without what was recorded."""
        return super().get_queryset(request).defer("recording__content")

    @admin.display(description="run of")
    def run(self, report: AbuseReport) -> str:
        """The cell."""
        return name_run(report.recording)

    @admin.display(boolean=True, description="open")
    def is_open(self, report: AbuseReport) -> bool:
        """Whether nobody dealt with it."""
        return report.closed_at is None

    @admin.display(description="shared page")
    def look(self, report: AbuseReport) -> str:
        """Where everybody who has the link can see it."""
        if not report.recording.is_shared:
            return "no longer shared"
        address = reverse("shared", args=[report.recording.share_token])
        return format_html('<a href="{}">Look at it</a>', address)

    @admin.action(description="Take the run down for good", permissions=["view"])
    def take_down(self, request: HttpRequest, chosen: QuerySet[AbuseReport]) -> None:
        """End the links; what is reported of the same run is closed with it."""
        ended = list(Recording.objects.filter(reports__in=chosen).distinct().defer("content"))
        for recording in ended:
            with transaction.atomic():
                runs.take_down(recording)
                self.record(request, "took down", recording)
        messages.success(request, f"Taken down: {len(ended)}. Their learners are told.")

    @admin.action(description="Leave the run, and close the report", permissions=["view"])
    def close(self, request: HttpRequest, chosen: QuerySet[AbuseReport]) -> None:
        """Nothing is wrong with it."""
        for report in chosen.filter(closed_at=None):
            with transaction.atomic():
                report.closed_at = timezone.now()
                report.save(update_fields=["closed_at"])
                self.record(request, "closed", report)
        messages.success(request, "Closed. The run stays shared.")


class SharedFilter(admin.SimpleListFilter):
    """Whether a link leads to it."""

    title = "link"
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Beside all of them."""
        return [("shared", "shared now"), ("taken-down", "taken down")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """As chosen."""
        works = Q(share_token__isnull=False, share_expires_at__gt=timezone.now())
        chosen = {"shared": works, "taken-down": Q(taken_down_at__isnull=False)}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(Recording, site=site)
class RecordingAdmin(ReadOnlyAdmin):
    """What is kept of runs, without the code, its output, its learner or its link."""

    list_display = ("created_at", "run", "driver", "outcome", "took", "takes", "is_shared_now")
    list_filter = (SharedFilter, "outcome", "driver", "created_at")
    search_fields = ("=run_id", "pack", "card", "cell")
    fields = (
        *("run_id", "created_at", "run", "driver", "workers", "outcome", "took", "takes"),
        *("shared_at", "share_expires_at", "taken_down_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        """Without what was recorded."""
        return super().get_queryset(request).defer("content")

    @admin.display(description="run of")
    def run(self, recording: Recording) -> str:
        """The cell."""
        return name_run(recording)

    @admin.display(description="took", ordering="wall_us")
    def took(self, recording: Recording) -> str:
        """On the clock."""
        return f"{recording.wall_us / 1000:,.1f} ms"

    @admin.display(description="takes", ordering="stored_bytes")
    def takes(self, recording: Recording) -> str:
        """In the database."""
        return f"{recording.stored_bytes / 1024:,.1f} KiB"

    @admin.display(boolean=True, description="shared")
    def is_shared_now(self, recording: Recording) -> bool:
        """Whether its link works."""
        return recording.is_shared


@admin.register(Subscription, site=site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who asked for news by mail."""

    list_display = ("user", "since", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    fields = readonly_fields = ("user", "since", "created_at")


@admin.register(SentNews, site=site)
class SentNewsAdmin(ReadOnlyAdmin):
    """Mail with news: claimed before it leaves, and sent."""

    list_display = ("claimed_at", "user", "entry", "sent_at")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "claimed_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-claimed_at", "-pk")
    fields = readonly_fields = ("user", "entry", "claimed_at", "sent_at")


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to what: nobody changes it."""

    list_display = ("at", "who", "actor", "act", "thing", "details", "address")
    list_filter = ("at", "act")
    list_select_related = ("actor",)
    search_fields = ("who", "actor__email", "thing", "act")
    search_help_text = "who, as their address or “user 5”; what was done; and to what"
    date_hierarchy = "at"
    fields = readonly_fields = list_display
    actions = None


def name_run(recording: Recording) -> str:
    """Of which cell it is."""
    return f"{recording.pack}/{recording.card}/{recording.cell}"
