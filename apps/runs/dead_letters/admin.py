"""Dead letters: failed runs by workflow, step and cause, to be retried together or put aside."""

from functools import partial
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.paging import CappedPaginator
from apps.runs.dead_letters import services
from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, actor_of

SHOWN = 50
USUAL_RATE = 60


@admin.register(Cause)
class CauseAdmin(WorkspaceAdmin):
    """The causes of which runs are failed now, what failed last at the top."""

    list_display = ("what", "workflow_column", "number", "first", "last")
    list_display_links = None
    list_filter = ("workflow",)
    list_select_related = ("workflow",)
    list_before_template = "runs/dead_letters_note.html"
    paginator = CappedPaginator
    sortable_by = ()

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        open_ones = DeadLetter.objects.open().filter(cause=OuterRef("pk")).order_by().values("cause")
        counted = Subquery(open_ones.annotate(number=Count("pk")).values("number"))
        rows: Any = super().get_queryset(request).defer("workflow__draft")
        match = request.resolver_match
        if match is not None and match.url_name == "runs_cause_changelist":
            rows = rows.open()  # The page of what was mended stays.
        found: QuerySet[Any] = rows.annotate(runs_number=Coalesce(counted, 0))
        return found

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [("retry", self.retry_view), ("stop", self.stop_view), ("dismiss", self.dismiss_view)]
        return [
            *(path(f"<path:object_id>/{name}/", wrap(view), name=f"runs_cause_{name}") for name, view in own),
            *super().get_urls(),
        ]

    # The columns of the list

    @look.display(description="Cause")
    def what(self, row: Cause) -> SafeString:
        """Say what failed, at which step, and lead to its page."""
        where = f"{row.step_name} · " if row.step_name else ""
        page = reverse("admin:runs_cause_change", args=[row.pk])
        return format_html("{}<br>{}{}", look.link(page, row.pattern), where, row.error_code)

    @look.display(description="Workflow")
    def workflow_column(self, row: Cause) -> str:
        """Name the workflow."""
        return row.workflow.name

    @look.display(description="Failed runs")
    def number(self, row: Any) -> str:
        """Show how many runs are failed of it now."""
        return f"{row.runs_number:,}"

    @look.display(description="First")
    def first(self, row: Cause) -> SafeString:
        """Show when it began."""
        return look.when(row.first_at)

    @look.display(description="Last")
    def last(self, row: Cause) -> SafeString:
        """Show when it happened last."""
        return look.when(row.last_at)

    # The page of one

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the cause with its runs; what can be done has addresses of its own."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, self._visible(request, object_id))

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have its failed runs retried at the rate that was chosen."""
        cause = self._steered(request, object_id)
        if cause is None:
            return HttpResponseNotAllowed(["POST"])
        rate, expected = (_number(request.POST.get(name)) for name in ("rate", "expected"))
        change = partial(services.retry_all, cause, actor=actor_of(request), rate=rate, expected=expected)
        act(
            request,
            change,
            done="The runs are resumed one after the other; this page shows how many are left.",
        )
        return _to(cause)

    def stop_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Leave the rest as it is."""
        cause = self._steered(request, object_id)
        if cause is None:
            return HttpResponseNotAllowed(["POST"])
        act(request, partial(services.stop_retrying, cause, actor=actor_of(request)), done="Stopped.")
        return _to(cause)

    def dismiss_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put its failed runs aside."""
        cause = self._steered(request, object_id)
        if cause is None:
            return HttpResponseNotAllowed(["POST"])
        done = "Put aside. The runs stay in the list of runs; later failures show here again."
        act(request, partial(services.dismiss, cause, actor=actor_of(request)), done=done)
        return HttpResponseRedirect(reverse("admin:runs_cause_changelist"))

    def _steered(self, request: HttpRequest, object_id: str) -> Cause | None:
        """Return the cause that a person may change by this request; None where it is no POST."""
        cause: Cause = self._visible(request, object_id)
        if request.method != "POST":
            return None
        if not may(actor_of(request), cause.workspace, Permission.OPERATE_RUNS):
            raise PermissionDenied("Your role does not allow this (operate runs).")
        return cause

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        cause = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, cause):
            raise PermissionDenied
        return cause

    def _page(self, request: HttpRequest, cause: Cause) -> HttpResponse:
        letters = DeadLetter.objects.open().filter(cause=cause).select_related("run").order_by("-id")
        waiting = DeadLetter.objects.filter(cause=cause, retry_at__isnull=False).count()
        preview = services.preview(cause)
        least, most = services.RATES
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": cause.pattern,
            "cause": cause,
            "preview": preview,
            "to_start": preview.runs - waiting,
            "waiting": waiting,
            "letters": letters[:SHOWN],
            "shown": SHOWN,
            "rate": USUAL_RATE,
            "least": least,
            "most": most,
            "may_steer": may(actor_of(request), cause.workspace, Permission.OPERATE_RUNS),
        }
        return TemplateResponse(request, "runs/cause.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _to(cause: Cause) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:runs_cause_change", args=[cause.pk]))
