"""The ledger in the admin, read-only."""

from typing import Any, override

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.keyset import KeysetChangeList
from apps.runs import display, reports
from apps.runs.models import Effect
from apps.workspaces.scoping import WorkspaceAdmin, find_workspace


class ReportFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """Whether the provider reported that a message did not arrive."""

    title = "Reported back"
    parameter_name = "told"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("trouble", "Trouble: bounced, failed, dropped"), ("any", "Anything")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Effect]) -> QuerySet[Effect]:
        """Narrow the list to effects with such a report."""
        own = Effect.objects.filter(workspace=find_workspace(request))
        if self.value() == "trouble":
            return queryset.filter(pk__in=own.filter(reports__trouble=True).values("pk"))
        if self.value() == "any":
            return queryset.filter(pk__in=own.filter(reports__isnull=False).values("pk"))
        return queryset


@admin.register(Effect)
class EffectAdmin(WorkspaceAdmin):
    """The ledger of the workspace: every call that changes something at a provider."""

    list_display = ("sent", "what", "over", "status_badge", "reported", "run_link", "provider_id")
    list_display_links = None
    list_before_template = "runs/effects_note.html"
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        "connection",
        ReportFilter,
        ("sent_at", look.RangeDateTimeFilter),
    )
    list_select_related = ("run", "connection")
    list_filter_sheet = True
    sortable_by = ()
    search_fields = ("key",)
    search_help_text = "A whole idempotency key, or the id that the provider gave."
    fields = (
        "what",
        "over",
        "status_badge",
        "reported",
        "report_history",
        "run_link",
        "effect",
        "idempotency",
        "whole_key",
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

    class Media:
        css = {"all": ("common/pages.css", "runs/list.css")}  # noqa: RUF012 - Django's own form.

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Effect]:
        return super().get_queryset(request).prefetch_related("reports")

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

    @look.display(description="Reported back")
    def reported(self, row: Effect) -> SafeString:
        """Show what the provider told of its end."""
        return reports.summary(row)

    @look.display(description="What was reported")
    def report_history(self, row: Effect) -> SafeString:
        """List what the provider told, in order."""
        told = reports.history(row)
        if not told:
            return format_html("{}", "Nothing so far; not every app reports what became of a call.")
        return format_html_join(
            "",
            '<p class="run-report">{} {} <span class="td-faint">{}</span> {}</p>',
            ((each.badge, each.when, each.after, each.detail) for each in told),
        )

    @look.display(description="Idempotency key")
    def whole_key(self, row: Effect) -> SafeString:
        """Show the key, broken where the page is narrow."""
        return format_html('<span class="td-mono run-whole">{}</span>', row.key)

    @look.display(description="Run")
    def run_link(self, row: Effect) -> SafeString:
        """Lead to the run."""
        return look.link(row.run.get_absolute_url(), row.run)
