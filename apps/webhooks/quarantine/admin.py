"""The pages of the quarantine: a list, one request, and many at once behind a preview."""

from collections.abc import Callable
from functools import partial
from typing import Any, override

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog import registry
from apps.common import look
from apps.common.paging import CappedPaginator
from apps.connections.accounts import secrets_of
from apps.webhooks import display
from apps.webhooks.models import Delivery, Quarantined
from apps.webhooks.quarantine import services
from apps.workspaces.access import Actor
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, require_permission, scope_of

MANY = 1_000
"""So many are handled at once; the rest stays for the next time."""

SHOWN = 20


@admin.register(Quarantined)
class QuarantinedAdmin(WorkspaceAdmin):
    """Signed requests that can't be used now."""

    list_display = ("received", "what", "connection_link", "why", "times", "size")
    list_display_links = None
    list_filter = ("connection", ("received_at", look.RangeDateTimeFilter))
    list_select_related = ("connection",)
    paginator = CappedPaginator
    sortable_by = ()
    search_fields = ("reason",)
    search_help_text = "Search in the reasons."
    actions = ("release_many", "discard_many")

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(status=Delivery.Status.QUARANTINED)
        match = request.resolver_match
        listed = match is not None and match.url_name == "webhooks_quarantined_changelist"
        return rows.defer("body") if listed else rows.select_related("connection", "workspace")

    @override
    def get_urls(self) -> list[URLPattern]:
        posts = {"release": self._release, "map": self._map, "discard": self._discard}
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"webhooks_quarantined_{name}",
            )
            for name, view in posts.items()
        ]
        many = self.admin_site.admin_view(require_POST(self._many))
        return [*own, path("many/", many, name="webhooks_quarantined_many"), *super().get_urls()]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Tell whether the person may say what becomes of them."""
        return scope_of(request).allows(Permission.OPERATE_RUNS)

    # The list

    @look.display(description="Received")
    def received(self, row: Delivery) -> SafeString:
        """Show when it came."""
        return look.when(row.received_at)

    @look.display(description="Request")
    def what(self, row: Delivery) -> SafeString:
        """Lead to its page."""
        return look.link(_page_of(row), row.event_type or "Unreadable body")

    @look.display(description="Connection")
    def connection_link(self, row: Delivery) -> SafeString:
        """Lead to the connection."""
        page = reverse("admin:connections_connection_change", args=[row.connection_id])
        return look.link(page, row.connection)

    @look.display(description="Reason")
    def why(self, row: Delivery) -> str:
        """Show why it can't be used."""
        return row.reason

    @look.display(description="Sent again")
    def times(self, row: Delivery) -> int:
        """Count how often it came again."""
        return row.duplicates

    @look.display(description="Size")
    def size(self, row: Delivery) -> str:
        """Show the size of its body."""
        return filesizeformat(row.body_size)

    @admin.action(description="Release…", permissions=["operate"])
    def release_many(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Ask, with the number, before those that can be read are routed."""
        return self._preview(request, queryset, "release")

    @admin.action(description="Discard…", permissions=["operate"])
    def discard_many(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Ask for the reason, with the number, before they are put aside."""
        return self._preview(request, queryset, "discard")

    def _preview(self, request: HttpRequest, chosen: QuerySet[Any], what: str) -> HttpResponse:
        require_permission(request, Permission.OPERATE_RUNS)
        # What a count of all that is chosen would open: bounded, since bodies are read.
        rows = list(chosen.defer(None).select_related("connection", "workspace").order_by("pk")[: MANY + 1])
        more, rows = len(rows) > MANY, rows[:MANY]
        left = []
        if what == "release":
            left = [services.Left(row, why) for row in rows if (why := services.obstacle(row))]
        context = {
            "title": "Release from quarantine?" if what == "release" else "Discard from quarantine?",
            "what": what,
            "rows": rows,
            "number": len(rows) - len(left),
            "left": left[:SHOWN],
            "left_number": len(left),
            "more": more,
            "most": MANY,
        }
        return self._page(request, "webhooks/quarantine_many.html", context)

    def _many(self, request: HttpRequest) -> HttpResponse:
        actor = require_permission(request, Permission.OPERATE_RUNS)
        numbers = [int(each) for each in request.POST.getlist("pk")[:MANY] if each.isdecimal()]
        rows = self.get_queryset(request).filter(pk__in=numbers).order_by("pk")
        reason = request.POST.get("reason", "")
        deeds: dict[str, Callable[[Delivery], object]] = {
            "release": partial(services.release, actor=actor),
            "discard": partial(services.discard, actor=actor, reason=reason),
        }
        deed = deeds.get(request.POST.get("what", ""))
        if deed is None:
            raise PermissionDenied("Nothing was chosen to be done.")
        outcome = services.each(rows, deed)
        said = "released and routed" if request.POST["what"] == "release" else "discarded"
        if outcome.done:
            messages.success(request, f"{outcome.done} {said}.")
        if outcome.left:
            first = outcome.left[0].reason
            messages.warning(request, f"{len(outcome.left)} left as they were. The first: {first}")
        if not outcome.done and not outcome.left:
            messages.info(request, "None of them is in quarantine any more.")
        return HttpResponseRedirect(reverse("admin:webhooks_quarantined_changelist"))

    # The page of one

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
        operates = scope_of(request).allows(Permission.OPERATE_RUNS)
        why_no_map = services.may_be_mapped(row)
        app = registry.get_app(row.connection.app)
        context = {
            "title": "Quarantined request",
            "row": row,
            "badge": look.badge(row.status, row.get_status_display()),
            "obstacle": services.obstacle(row),
            "why_no_map": why_no_map,
            "types": services.known_types(app),
            "operates": operates,
            "app_name": app.name,
            "body": display.show_body(row, secrets_of(row.connection)),
            "facts": look.kv_table(
                [
                    ("Connection", self.connection_link(row)),
                    ("Received", look.when(row.received_at)),
                    ("Sent again", row.duplicates),
                    ("Size", f"{row.body_size:,} bytes"),
                    ("Delivery", look.link(row.get_absolute_url(), row.code)),
                ]
            ),
        }
        return self._page(request, "webhooks/quarantined.html", context)

    def _release(self, request: HttpRequest, object_id: int) -> HttpResponse:
        done = "The request was read and routed; its runs are listed below."
        return self._act(request, object_id, services.release, done)

    def _map(self, request: HttpRequest, object_id: int) -> HttpResponse:
        deed = partial(
            services.map_event,
            event_type=request.POST.get("event_type", ""),
            event_id=request.POST.get("event_id", ""),
        )
        return self._act(request, object_id, deed, "The request is this event now, and was routed.")

    def _discard(self, request: HttpRequest, object_id: int) -> HttpResponse:
        deed = partial(services.discard, reason=request.POST.get("reason", ""))
        return self._act(request, object_id, deed, "The request is discarded. Its body stays readable here.")

    def _act(
        self, request: HttpRequest, object_id: int, deed: Callable[..., Delivery], done: str
    ) -> HttpResponse:
        row = self._visible(request, str(object_id))
        actor: Actor = require_permission(request, Permission.OPERATE_RUNS)
        succeeded = act(request, lambda: deed(row, actor=actor), done=done)
        return HttpResponseRedirect(row.get_absolute_url() if succeeded else _page_of(row))

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**frame, **context})


def _page_of(row: Delivery) -> str:
    return reverse("admin:webhooks_quarantined_change", args=[row.pk])
