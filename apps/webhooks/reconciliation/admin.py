"""The pages of reconciliation: one per connection, and the events that were missing."""

from typing import Any, override

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from apps.common import look
from apps.common.paging import CappedPaginator
from apps.connections.models import Connection
from apps.webhooks.models import Delivery, Gap, Reconciliation
from apps.webhooks.reconciliation import services
from apps.webhooks.reconciliation.standing import figures_of, standing_of
from apps.webhooks.reconciliation.watching import reconcile_of
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, find_workspace, require_permission, scope_of

SHOWN_GAPS = 25
SHOWN_PROOFS = 8
_TONES = {
    Gap.Status.OPEN.value: look.Tone.WARNING,
    Gap.Status.RECOVERED.value: look.Tone.SUCCESS,
    Gap.Status.ARRIVED.value: look.Tone.SUCCESS,
    Gap.Status.CLOSED.value: look.Tone.NEUTRAL,
}


@admin.register(Reconciliation)
class ReconciliationAdmin(WorkspaceAdmin):
    """How each connection compares with its provider's own list."""

    workspace_path = "connection__workspace"
    list_display = ("name", "of_app", "state", "open_gaps", "proved", "looked")
    list_display_links = None
    list_select_related = ("connection__workspace",)
    sortable_by = ()

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        rows: QuerySet[Reconciliation] = super().get_queryset(request)
        opened = Count("connection__gaps", filter=Q(connection__gaps__status=Gap.Status.OPEN))
        return rows.select_related("connection__workspace").annotate(open_count=opened)

    @override
    def get_urls(self) -> list[URLPattern]:
        site, posts = self.admin_site, {"check": self._check, "pretend": self._pretend}
        own = [
            path(
                f"<int:object_id>/{name}/",
                site.admin_view(require_POST(view)),
                name=f"webhooks_reconciliation_{name}",
            )
            for name, view in posts.items()
        ]
        of = path("of/<int:connection_id>/", site.admin_view(self._of), name="webhooks_reconciliation_of")
        return [*own, of, *super().get_urls()]

    @look.display(description="Connection")
    def name(self, row: Reconciliation) -> SafeString:
        """Name the connection and lead to the page."""
        return look.link(row.get_absolute_url(), row.connection)

    @look.display(description="App")
    def of_app(self, row: Reconciliation) -> str:
        """Name the app."""
        return services.app_name(row.connection)

    @look.display(description="Status")
    def state(self, row: Reconciliation) -> SafeString:
        """Say how it stands."""
        standing = standing_of(row)
        return look.badge(standing.status, standing.label, tone=standing.tone)

    @look.display(description="Open")
    def open_gaps(self, row: Any) -> int:
        """Count what is missing."""
        return int(row.open_count)

    @look.display(description="Complete up to")
    def proved(self, row: Reconciliation) -> SafeString:
        """Say how far it was compared."""
        return look.when(row.cursor)

    @look.display(description="Last look")
    def looked(self, row: Reconciliation) -> SafeString:
        """Say when the provider was asked last."""
        return look.when(row.checked_at)

    def _of(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Lead to the page of a connection; it is made when first asked for."""
        found = Connection.objects.filter(pk=connection_id, workspace=find_workspace(request)).first()
        if found is None or reconcile_of(found) is None or not scope_of(request).allows(Permission.VIEW):
            raise Http404("There is no such connection in your workspaces.")
        return HttpResponseRedirect(services.row_of(found).get_absolute_url())

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return require_http_methods(["GET", "HEAD"])(self._detail)(request, object_id)

    def _detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._visible(request, object_id)
        connection, scope = row.connection, scope_of(request)
        standing, figures = standing_of(row), figures_of(row)
        gaps = Gap.objects.filter(connection=connection)
        known = reconcile_of(connection)
        operates = scope.allows(Permission.OPERATE_RUNS)
        listening = Workflow.objects.filter(
            trigger_connection=connection, status__in=(Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Reconciliation of {connection}",
            "row": row,
            "connection": connection,
            "connection_page": reverse("admin:connections_connection_change", args=[connection.pk]),
            "app_name": services.app_name(connection),
            "standing": standing,
            "badge": look.badge(standing.status, standing.label, tone=standing.tone),
            "figures": figures,
            "last": _proof_row(figures.last) if figures.last else None,
            "types": [(name, look.when(since)) for name, since in sorted(standing.watch.types.items())],
            "open": [_gap_row(gap) for gap in gaps.filter(status=Gap.Status.OPEN)[:SHOWN_GAPS]],
            "ended": [_gap_row(gap) for gap in gaps.exclude(status=Gap.Status.OPEN)[:SHOWN_GAPS]],
            "all_gaps": f"{reverse('admin:webhooks_gap_changelist')}?connection__id__exact={connection.pk}",
            "proofs": [_proof_row(proof) for proof in connection.proofs.all()[:SHOWN_PROOFS]],
            "next_look": look.when(row.next_at),
            "last_look": look.when(row.checked_at),
            "may_check": operates and bool(standing.watch.types),
            "may_pretend": operates
            and connection.sandbox
            and bool(standing.watch.types)
            and known is not None
            and known[1].pretend is not None,
            "backfills": [
                (workflow.name, f"{reverse('admin:webhooks_backfill_add')}?workflow={workflow.pk}")
                for workflow in listening.order_by("name")
            ]
            if operates
            else [],
        }
        return TemplateResponse(request, "webhooks/reconciliation.html", context)

    def _check(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self._visible(request, str(object_id))
        actor = require_permission(request, Permission.OPERATE_RUNS)
        act(
            request,
            lambda: services.check_now(row, actor=actor),
            done="The comparison begins within a few seconds. This page shows what it finds.",
        )
        return HttpResponseRedirect(row.get_absolute_url())

    def _pretend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self._visible(request, str(object_id))
        actor = require_permission(request, Permission.OPERATE_RUNS)
        act(
            request,
            lambda: services.pretend_missed(row.connection, actor=actor),
            done="The sandbox now lists an event that no webhook brings. Press “Check now” to recover it.",
        )
        return HttpResponseRedirect(row.get_absolute_url())

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row


@admin.register(Gap)
class GapAdmin(WorkspaceAdmin):
    """Events that a provider lists and that had not arrived."""

    list_display = ("happened", "event", "kind", "connection_link", "state", "found")
    list_display_links = None
    list_filter = (
        ("status", look.ChoicesDropdownFilter),
        "connection",
        ("found_at", look.RangeDateTimeFilter),
    )
    list_select_related = ("connection", "workspace")
    paginator = CappedPaginator
    sortable_by = ()
    search_fields = ("event_id",)
    search_help_text = "Search by a part of the event's id."

    @override
    def get_urls(self) -> list[URLPattern]:
        posts = {"again": self._again, "close": self._close}
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"webhooks_gap_{name}",
            )
            for name, view in posts.items()
        ]
        return [*own, *super().get_urls()]

    @look.display(description="Happened")
    def happened(self, row: Gap) -> SafeString:
        """Show when it happened."""
        return look.when(row.occurred_at)

    @look.display(description="Event")
    def event(self, row: Gap) -> SafeString:
        """Name it and lead to its page."""
        return look.link(row.get_absolute_url(), row.event_id)

    @look.display(description="Type")
    def kind(self, row: Gap) -> str:
        """Show its type."""
        return row.event_type

    @look.display(description="Connection")
    def connection_link(self, row: Gap) -> SafeString:
        """Lead to the comparison."""
        return look.link(
            reverse("admin:webhooks_reconciliation_of", args=[row.connection_id]), row.connection
        )

    @look.display(description="Status")
    def state(self, row: Gap) -> SafeString:
        """Show what became of it."""
        return look.badge(row.status, row.get_status_display(), tone=_TONES[row.status])

    @look.display(description="Found")
    def found(self, row: Gap) -> SafeString:
        """Show when it was found missing."""
        return look.when(row.found_at)

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return require_http_methods(["GET", "HEAD"])(self._detail)(request, object_id)

    def _detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        gap = self._visible(request, object_id)
        known = reconcile_of(gap.connection)
        delivery = Delivery.objects.filter(code=gap.delivery_code).first() if gap.delivery_code else None
        operates = scope_of(request).allows(Permission.OPERATE_RUNS) and gap.status == Gap.Status.OPEN
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gap.event_type,
            "gap": gap,
            "badge": self.state(gap),
            "tone": _TONES[gap.status].value,
            "comparison": reverse("admin:webhooks_reconciliation_of", args=[gap.connection_id]),
            "facts": look.kv_table(
                [
                    ("Event", gap.event_id),
                    ("Connection", self.connection_link(gap)),
                    ("Happened", look.when(gap.occurred_at)),
                    ("Found missing", look.when(gap.found_at)),
                    ("Settled", look.when(gap.ended_at)),
                    ("Delivery", look.link(delivery.get_absolute_url(), delivery) if delivery else ""),
                    ("Note", gap.note),
                ]
            ),
            "may_retry": operates and known is not None and known[1].find is not None,
            "may_close": operates,
        }
        return TemplateResponse(request, "webhooks/gap.html", context)

    def _again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        gap = self._visible(request, str(object_id))
        actor = require_permission(request, Permission.OPERATE_RUNS)
        act(
            request,
            lambda: services.try_again(gap, actor=actor),
            done="The event is here now, and was routed.",
        )
        return HttpResponseRedirect(gap.get_absolute_url())

    def _close(self, request: HttpRequest, object_id: int) -> HttpResponse:
        gap = self._visible(request, str(object_id))
        actor = require_permission(request, Permission.OPERATE_RUNS)
        reason = request.POST.get("reason", "")
        act(
            request,
            lambda: services.close(gap, actor=actor, reason=reason),
            done="The event is closed. Nothing was run for it.",
        )
        return HttpResponseRedirect(gap.get_absolute_url())

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        gap = self.get_object(request, object_id)
        if not self.has_view_permission(request, gap):
            raise PermissionDenied
        return gap


def _gap_row(gap: Gap) -> dict[str, Any]:
    return {
        "page": gap.get_absolute_url(),
        "gap": gap,
        "badge": look.badge(gap.status, gap.get_status_display(), tone=_TONES[gap.status]),
        "happened": look.when(gap.occurred_at),
        "found": look.when(gap.found_at),
    }


def _proof_row(proof: Any) -> dict[str, Any]:
    return {
        "proof": proof,
        "at": look.when(proof.at),
        "window": f"{proof.since:%Y-%m-%d %H:%M} – {proof.until:%Y-%m-%d %H:%M} UTC",
    }
