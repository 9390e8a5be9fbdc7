"""What arrived, for people: read-only, with "Replay"."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.paging import CappedPaginator
from apps.connections.accounts import secrets_of
from apps.connections.presenting import unverified_badge
from apps.runs.models import Run
from apps.webhooks import display, reasons, replays
from apps.webhooks.backfill.admin import BackfillAdmin
from apps.webhooks.forgetting.admin import ErasureAdmin
from apps.webhooks.models import Delivery, Refusal
from apps.webhooks.quarantine.admin import QuarantinedAdmin
from apps.webhooks.reconciliation.admin import GapAdmin, ReconciliationAdmin
from apps.workspaces.access import may
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scope import is_superuser, require_permission
from apps.workspaces.scoping import WorkspaceAdmin, act, actor_of, find_workspace

__all__ = [
    "BackfillAdmin",
    "DeliveryAdmin",
    "ErasureAdmin",
    "GapAdmin",
    "QuarantinedAdmin",
    "ReconciliationAdmin",
    "RefusalAdmin",
]

SHOWN_RUNS = 50
RECENT = timedelta(hours=24)


@admin.register(Delivery)
class DeliveryAdmin(WorkspaceAdmin):
    """The deliveries of the workspace, newest first."""

    list_display = (
        "received",
        "event_type_link",
        "event_id",
        "connection_link",
        "verdict",
        "source_label",
        "runs",
        "duplicates",
        "size",
    )
    list_display_links = None
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        ("source", look.ChoicesDropdownFilter),
        "connection",
        ("received_at", look.RangeDateTimeFilter),
    )
    list_select_related = ("connection",)
    list_before_template = "webhooks/refused_note.html"
    paginator = CappedPaginator
    sortable_by = ()
    search_fields = ("event_id",)
    search_help_text = "Search by a whole event id, or by a delivery's code."

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        runs = Run.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
        number = Subquery(runs.annotate(number=Count("pk")).values("number"))
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.defer("body").annotate(run_count=Coalesce(number, 0))

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search exactly, which an index answers whatever the size of the table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(event_id=term)
        with suppress(ValueError):
            found |= Q(code=uuid.UUID(term))
        return queryset.filter(found), False

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        since = datetime.now(UTC) - RECENT
        refusals = self.admin_site.get_model_admin(Refusal).get_queryset(request)
        refused = refusals.filter(last_at__gte=since).exists()
        return super().changelist_view(request, {"refused": refused, **(extra_context or {})})

    @override
    def get_urls(self) -> list[URLPattern]:
        again = path(
            "<path:object_id>/run-again/",
            self.admin_site.admin_view(self.run_again_view),
            name="webhooks_delivery_run_again",
        )
        return [again, *super().get_urls()]

    # The columns of the list

    @look.display(description="Received")
    def received(self, row: Delivery) -> SafeString:
        """Show when it came."""
        return look.when(row.received_at)

    @look.display(description="Event")
    def event_type_link(self, row: Delivery) -> SafeString:
        """Name the event and lead to its page."""
        return look.link(row.get_absolute_url(), row.event_type or "Unreadable body")

    @look.display(description="Connection")
    def connection_link(self, row: Delivery) -> SafeString:
        """Lead to the connection."""
        return look.link(_connection_page(row.connection_id), row.connection)

    @look.display(description="Status")
    def verdict(self, row: Delivery) -> SafeString:
        """Show the status with its reason."""
        badges = _badges(row)
        return format_html("{} {}", badges, row.reason) if row.reason else badges

    @look.display(description="Source")
    def source_label(self, row: Delivery) -> str:
        """Show where it came from."""
        return row.get_source_display()

    @look.display(description="Runs")
    def runs(self, row: Any) -> SafeString | int:
        """Count its runs and lead to them."""
        if not row.run_count:
            return 0
        address = f"{reverse('admin:runs_run_changelist')}?{urlencode({'q': row.event_id})}"
        return look.link(address, row.run_count)

    @look.display(description="Size")
    def size(self, row: Delivery) -> str:
        """Show the size of its body."""
        return filesizeformat(row.body_size)

    # The page of one delivery

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the delivery; there is nothing to save."""
        delivery = self._visible(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        runs = delivery.runs.select_related("workflow").order_by("-pk")[: SHOWN_RUNS + 1]
        context = {
            "title": delivery.event_type or "Unreadable body",
            "delivery": delivery,
            "badges": _badges(delivery),
            "explained": reasons.delivery(delivery, runs=delivery.run_count),
            "tone": _TONES[delivery.status].value,
            "facts": look.kv_table(_facts(delivery)),
            "runs": [_run_row(run) for run in runs[:SHOWN_RUNS]],
            "more_runs": delivery.run_count > SHOWN_RUNS,
            "body": display.show_body(delivery, secrets_of(delivery.connection)),
            "may_run_again": self._may_run_again(request, delivery),
        }
        return self._page(request, "webhooks/delivery.html", {**context, **(extra_context or {})})

    def run_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask on GET, naming the workflows; run on POST."""
        delivery = self._visible(request, object_id)
        actor = require_permission(request, Permission.OPERATE_RUNS)
        if request.method == "POST":
            act(
                request,
                lambda: replays.run_again(delivery, actor=actor),
                done="The delivery is replayed. Its new runs are listed below.",
            )
            return HttpResponseRedirect(delivery.get_absolute_url())
        route = replays.route_of(delivery)
        context = {"title": "Replay this delivery?", "delivery": delivery, "workflows": route.workflows}
        return self._page(request, "webhooks/run_again.html", context)

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        delivery = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, delivery):
            raise PermissionDenied
        return delivery

    def _may_run_again(self, request: HttpRequest, delivery: Delivery) -> bool:
        can = bool(delivery.body) and delivery.status != Delivery.Status.QUARANTINED
        can = can and delivery.source != Delivery.Source.TEST
        return can and may(actor_of(request), delivery.workspace, Permission.OPERATE_RUNS)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**frame, **context})


@admin.register(Refusal)
class RefusalAdmin(WorkspaceAdmin):
    """Requests that did not verify, counted by address and reason; what they held is not kept."""

    workspace_path = "endpoint__connection__workspace"
    list_display = ("last", "connection_link", "why", "count", "what_to_do")
    list_display_links = None
    list_select_related = ("endpoint__connection__workspace",)
    paginator = CappedPaginator
    sortable_by = ()
    fields = ("connection_link", "why", "what_to_do", "count", "last")
    readonly_fields = fields

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        """Return the workspace's rows, and for the installation's operator those of no endpoint."""
        if not is_superuser(request):
            return super().get_queryset(request)
        own = Q(**{self.workspace_path: find_workspace(request)})
        return Refusal.objects.filter(own | Q(endpoint=None))

    @override
    def workspace_of(self, obj: Any) -> Workspace | None:
        return super().workspace_of(obj) if obj.endpoint_id else None

    @override
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.pk and obj.endpoint_id is None:
            return is_superuser(request)
        return super().has_view_permission(request, obj)

    @look.display(description="Last")
    def last(self, row: Refusal) -> SafeString:
        """Show when the last of them came."""
        return look.when(row.last_at)

    @look.display(description="Connection")
    def connection_link(self, row: Refusal) -> SafeString | str:
        """Lead to the connection whose address was used."""
        if row.endpoint is None:
            return "None: sent to the general address, and no connection's secret signed it"
        return look.link(_connection_page(row.endpoint.connection_id), row.endpoint.connection)

    @look.display(description="Reason")
    def why(self, row: Refusal) -> str:
        """Show the reason in words."""
        return reasons.refusal(row.reason).words

    @look.display(description="What to do")
    def what_to_do(self, row: Refusal) -> str:
        """Show the remedy."""
        return reasons.refusal(row.reason).remedy


def _badges(row: Delivery) -> SafeString:
    """Return the status and, where it is so, that the delivery came late."""
    badge = look.badge(row.status, row.get_status_display(), tone=_TONES[row.status])
    return format_html("{} {}", badge, look.badge("late", "Late")) if row.late else badge


_TONES = {
    Delivery.Status.ACCEPTED.value: look.Tone.SUCCESS,
    Delivery.Status.IGNORED.value: look.Tone.NEUTRAL,
    Delivery.Status.QUARANTINED.value: look.Tone.WARNING,
}


def _facts(row: Delivery) -> list[tuple[str, object]]:
    warning = unverified_badge(row.connection)
    again = f"{row.duplicates} time{'' if row.duplicates == 1 else 's'}" if row.duplicates else "Never"
    return [
        ("Event id", row.event_id),
        ("Connection", look.link(_connection_page(row.connection_id), row.connection)),
        *([("Sender", warning)] if warning else []),
        ("Happened", look.when(row.occurred_at)),
        ("Received", look.when(row.received_at)),
        ("Source", row.get_source_display()),
        ("Sent again", again),
        ("Size", f"{row.body_size:,} bytes"),
        ("Code", row.code),
    ]


def _run_row(run: Run) -> dict[str, Any]:
    return {
        "page": reverse("admin:runs_run_change", args=[run.pk]),
        "workflow": run.workflow.name,
        "badge": look.badge(run.status, run.get_status_display()),
        "replay": f"Replay {run.replay}" if run.replay else "First",
        "finished": look.when(run.finished_at),
        "reason": run.reason,
    }


def _connection_page(pk: int) -> str:
    return reverse("admin:connections_connection_change", args=[pk])
