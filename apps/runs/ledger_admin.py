"""The ledger in the admin, read-only."""

from typing import Any, override

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.paging import CappedPaginator
from apps.runs import display
from apps.runs.models import Effect
from apps.workspaces.scoping import WorkspaceAdmin


@admin.register(Effect)
class EffectAdmin(WorkspaceAdmin):
    """The ledger of the workspace: every call that changes something at a provider."""

    list_display = ("sent", "what", "over", "status_badge", "run_link", "attempts", "provider_id")
    list_display_links = None
    list_before_template = "runs/effects_note.html"
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        "connection",
        ("sent_at", look.RangeDateTimeFilter),
    )
    list_select_related = ("run", "connection")
    paginator = CappedPaginator
    sortable_by = ()
    search_fields = ("key",)
    search_help_text = "Search by a whole idempotency key, or by the id that the provider gave."
    fields = (
        "what",
        "over",
        "status_badge",
        "run_link",
        "effect",
        "idempotency",
        "key",
        "generation",
        "attempts",
        "first_sent_at",
        "sent_at",
        "answered_at",
        "provider_id",
        "decision",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search exactly; the provider's id within the workspace."""
        term = search_term.strip()
        return (queryset.filter(Q(key=term) | Q(provider_id=term)) if term else queryset), False

    @look.display(description="Sent")
    def sent(self, row: Effect) -> SafeString:
        """Show when it was sent last, and lead to its page."""
        return format_html(
            '<a class="td-link" href="{}">{}</a>', row.get_absolute_url(), look.when(row.sent_at)
        )

    @look.display(description="Action")
    def what(self, row: Effect) -> str:
        """Name the action and its app."""
        return display.action_name(row.action)

    @look.display(description="Connection")
    def over(self, row: Effect) -> SafeString:
        """Lead to the connection."""
        return look.link(
            reverse("admin:connections_connection_change", args=[row.connection_id]), row.connection
        )

    @look.display(description="Status")
    def status_badge(self, row: Effect) -> SafeString:
        """Show what is known of it."""
        return look.badge(row.status, row.get_status_display())

    @look.display(description="Run")
    def run_link(self, row: Effect) -> SafeString:
        """Lead to the run."""
        return look.link(row.run.get_absolute_url(), row.run)
