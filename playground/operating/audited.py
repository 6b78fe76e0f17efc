"""What every table of the admin is: to look at; what is done there stands in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from playground.accounts import audit
from playground.accounts.models import User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class AuditedAdmin(ModelAdmin):
    """Nothing is added by hand, and what is changed or deleted stands in the audit log alone."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_selection_counter = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come of what people do."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not unless a table says so."""
        return False

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """In our log: Django's would keep the row's own words after its deletion."""
        fields = [name for one in message for name in one.get("changed", {}).get("fields", [])]
        self.record(request, "changed", obj, ", ".join(fields))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Each is recorded where it is deleted."""

    def record(self, request: HttpRequest, act: str, thing: Model, details: str = "") -> None:
        """One act of whoever asks."""
        assert isinstance(request.user, User)
        audit.record(request.user, act, thing, details=details, address=audit.address_of(request))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponseRedirect:
        """What was done to it."""
        thing = f"{self.opts.verbose_name} {object_id}"
        return redirect(
            f"{reverse('admin:accounts_auditentry_changelist')}?{urlencode({'q': thing})}"
        )


class ReadOnlyAdmin(AuditedAdmin):
    """To look at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False
