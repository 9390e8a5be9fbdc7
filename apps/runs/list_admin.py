"""The list of runs: its columns and filters, what it keeps, gives away and tells while it stands open."""

from copy import copy
from typing import Any, cast, override

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.errors import NotAllowed
from apps.common.keyset import KeysetChangeList
from apps.runs import display, exporting, filters, live_list, search, timeline
from apps.runs.bulk_admin import HeldRunsAdmin
from apps.runs.finding import saved
from apps.runs.models import Run
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import act, actor_of, current_workspace, require_permission, scope_of

SHORT = 20
"""Characters of an event id in a list."""


class _FilteredOnly(KeysetChangeList):
    """Reads the filters, and no page."""

    @override
    def get_results(self, request: HttpRequest) -> None:
        self.result_list: Any = []


class RunListAdmin(HeldRunsAdmin):
    """The runs of the workspace, newest first."""

    list_display = ("received", "run_link", "status_badge", "trigger", "event", "duration")
    list_display_links = None
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        "workflow",
        filters.TriggerFilter,
        filters.ConnectionFilter,
        filters.OriginFilter,
        ("received_at", look.RangeDateTimeFilter),
    )
    list_select_related = ("workflow", "version")
    list_before_template = "runs/list_head.html"
    list_filter_sheet = True
    sortable_by = ()
    search_fields = ("event_id",)
    search_help_text = "E-mail, event id, provider's id, run code or field=value"

    class Media:
        css = {"all": ("common/pages.css", "runs/list.css")}  # noqa: RUF012 - Django's own form.
        js = ("runs/list.js",)

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _FilteredOnly if getattr(request, "filters_only", False) else KeysetChangeList

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return (
            super().get_queryset(request).defer("workflow__draft", "version__definition", "version__lineage")
        )

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search exactly, which an index answers whatever the size of the table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        workspace = current_workspace(request)
        unknown = search.not_searchable(term, workspace)
        if unknown and not getattr(request, "filters_only", False):
            messages.info(
                request,
                f"Runs are not searched by “{unknown}” yet: add the field under Searchable fields.",
            )
        return queryset.filter(search.runs_found_by(term, workspace)), False

    @override
    def get_urls(self) -> list[URLPattern]:
        own = {
            "live": self.live_list_view,
            "export": self.export_view,
            "save-filter": self.save_filter_view,
            "remove-filter": self.remove_filter_view,
        }
        wrap = self.admin_site.admin_view
        named = [
            path(f"{name}/", wrap(view), name=f"runs_run_list_{name.replace('-', '_')}")
            for name, view in own.items()
        ]
        return [*named, *super().get_urls()]

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; without a word in the address as the person has chosen to open it."""
        scope = scope_of(request)
        context: dict[str, Any] = {}
        if scope.workspace is not None and self.has_view_permission(request):
            user = cast("User", request.user)
            kept = list(saved.filters_of(user, scope.workspace))
            default = next((row for row in kept if row.default and row.owner_id == user.pk), None)
            if request.method == "GET" and not request.GET and default is not None and default.query:
                return HttpResponseRedirect(f"{_list()}?{default.query}")
            query = saved.cleaned(request.GET.urlencode())
            context = {
                "kept": [
                    {"row": row, "chosen": row.query == query, "own": row.owner_id == user.pk} for row in kept
                ],
                "has_default": default is not None,
                "filtered": query,
                "may_export": scope.allows(Permission.EXPORT),
                "may_share": scope.allows(Permission.OPERATE_RUNS),
                "export_limit": exporting.LIMIT,
            }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def live_list_view(self, request: HttpRequest) -> HttpResponse:
        """Tell how many runs came since the list was read, and how those that it shows stand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = live_list.asked_in(request.GET)
        runs = self.filtered(request, drop=live_list.PARAMETERS)
        return live_list.answer(request, runs, own=self.get_queryset(request), asked=asked)

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Stream the filtered runs as a file."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor = require_permission(request, Permission.EXPORT)
        form = "json" if request.POST.get("format") == "json" else "csv"
        query = saved.cleaned(request.GET.urlencode())
        try:
            pieces = exporting.export_runs(
                current_workspace(request), self.filtered(request), actor=actor, form=form, filters=query
            )
        except NotAllowed as error:
            raise PermissionDenied(error.message) from None
        response = StreamingHttpResponse(pieces, content_type=exporting.FORMATS[form])
        name = f"runs-{timezone.now():%Y%m%d-%H%M%S}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def save_filter_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the filter that the list shows."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        given = request.POST
        workspace = current_workspace(request)
        query = saved.cleaned(given.get("query", ""))
        act(
            request,
            lambda: saved.save_filter(
                workspace,
                actor=actor_of(request),
                name=given.get("name", ""),
                query=query,
                shared=given.get("shared") == "on",
                default=given.get("default") == "on",
            ),
            done="The filter is saved.",
        )
        return HttpResponseRedirect(f"{_list()}?{query or 'all=1'}")

    def remove_filter_view(self, request: HttpRequest) -> HttpResponse:
        """Forget a filter."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        number = request.POST.get("filter", "")
        pk = int(number) if number.isdecimal() and len(number) < 19 else 0
        workspace = current_workspace(request)
        act(
            request,
            lambda: saved.remove_filter(workspace, actor=actor_of(request), pk=pk),
            done="The filter is removed.",
        )
        return HttpResponseRedirect(f"{_list()}?all=1")

    def filtered(self, request: HttpRequest, *, drop: tuple[str, ...] = ()) -> QuerySet[Run]:
        """Return all runs that the address's filters leave, read as the list reads them.

        The words of `drop` are no filters. The request that came stays as it is.
        """
        given = request.GET.copy()
        for name in drop:
            given.pop(name, None)
        asked = copy(request)
        asked.GET = given  # type: ignore[assignment] # The stubs know only the one that came.
        asked.filters_only = True  # type: ignore[attr-defined] # Read by `get_changelist`.
        shown: ChangeList = self.get_changelist_instance(asked)
        return cast("QuerySet[Run]", shown.queryset)

    # The columns of the list

    @look.display(description="Received")
    def received(self, row: Run) -> SafeString:
        """Show when its event came."""
        return look.when(row.received_at)

    @look.display(description="Workflow")
    def run_link(self, row: Run) -> SafeString:
        """Name the workflow and lead to the run's page; tell tests and replays from first runs."""
        link = look.link(row.get_absolute_url(), row.workflow)
        if row.is_test:
            return format_html("{} {}", link, display.test_badge())
        return format_html("{} {}", link, display.replay_badge(row)) if row.replay else link

    @look.display(description="Status")
    def status_badge(self, row: Run) -> SafeString:
        """Show the status with its reason, where the open list may change it."""
        return format_html('<span data-run="{}">{}</span>', row.pk, live_list.status_of(row))

    @look.display(description="Trigger")
    def trigger(self, row: Run) -> str:
        """Show what happened at the provider."""
        return row.event_type

    @look.display(description="Event")
    def event(self, row: Run) -> SafeString:
        """Show the beginning of the event id; the whole one as its title."""
        shown = row.event_id if len(row.event_id) <= SHORT else f"{row.event_id[:SHORT]}…"
        return format_html('<span class="td-mono" title="{}">{}</span>', row.event_id, shown)

    @look.display(description="Duration")
    def duration(self, row: Run) -> SafeString:
        """Show how long it took from the event's arrival to the end."""
        took = timeline.duration(row.received_at, row.finished_at)
        return format_html('<span class="run-took" data-took="{}">{}</span>', row.pk, took)


def _list() -> str:
    return reverse("admin:runs_run_changelist")
