"""Connections and what their sandboxes were asked, for people."""

from collections.abc import Callable
from typing import Any, cast, override
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog import registry
from apps.common import look
from apps.connections import pages, presenting
from apps.connections.models import Connection, ConnectionQuerySet, SandboxCall
from apps.connections.oauth import pages as oauth_pages
from apps.connections.oauth.admin import OAuthClientAdmin
from apps.connections.sandbox import NO_ANSWER
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, find_workspace

__all__ = ["ConnectionAdmin", "OAuthClientAdmin", "SandboxCallAdmin"]

NAMES_SHOWN = 2


class AppFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """Narrows the list to one app."""

    title = "app"
    parameter_name = "of"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        workspace = find_workspace(request)
        apps = registry.within(workspace.pk).apps if workspace else registry.APPS
        return [(app.key, app.name) for app in apps]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        return queryset.filter(app=self.value()) if self.value() else queryset


@admin.register(Connection)
class ConnectionAdmin(WorkspaceAdmin):
    """The accounts of the workspace. All pages but the list are our own."""

    add_permission = Permission.MANAGE_CONNECTIONS
    list_display = ("name", "of_app", "account", "state", "connected_by", "used_in", "last_used")
    list_filter = (AppFilter, ("status", look.ChoicesDropdownFilter), ("sandbox", look.BooleanRadioFilter))
    list_select_related = ("created_by",)
    search_fields = ("name", "label")
    ordering = ("name",)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        rows = cast("ConnectionQuerySet", super().get_queryset(request).select_related("workspace"))
        rows = rows.annotate(use_count=Count("uses")).prefetch_related("uses")
        match = request.resolver_match
        listed = match is not None and match.url_name == "connections_connection_changelist"
        # Disconnected ones are kept for the log of old runs and shown when asked for.
        return rows.usable() if listed and "status__exact" not in request.GET else rows

    @override
    def get_urls(self) -> list[URLPattern]:
        acts: dict[str, Callable[..., HttpResponse]] = {
            "test": pages.test,
            "repair": pages.repair,
            "secret": pages.paste_secret,
            "clear": pages.clear_sandbox,
            "authorize": oauth_pages.authorize_again,
        }
        asks: dict[str, Callable[..., HttpResponse]] = {
            "reconnect": pages.reconnect,
            "disconnect": pages.disconnect,
        }
        own = [
            path(
                f"<int:object_id>/{name}/",
                self._of(page, posts=name in acts),
                name=f"connections_connection_{name}",
            )
            for name, page in {**acts, **asks}.items()
        ]
        begin = self.admin_site.admin_view(require_POST(oauth_pages.authorize))
        decide = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self._decide))
        own += [
            path("authorize/<slug:app>/", begin, name="connections_connection_authorize_app"),
            path("authorized/<uuid:code>/", decide, name="connections_connection_authorized"),
        ]
        return [*own, *super().get_urls()]

    def _decide(self, request: HttpRequest, code: UUID) -> HttpResponse:
        return oauth_pages.decide(request, self.admin_site, code)

    def _of(self, page: Callable[..., HttpResponse], *, posts: bool = False) -> Any:
        """Return the view of one connection's page; one that acts takes POST alone."""

        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            connection = self.get_object(request, str(object_id))
            return page(request, connection) if posts else page(request, self.admin_site, connection)

        methods = require_POST if posts else require_http_methods(["GET", "HEAD", "POST"])
        return self.admin_site.admin_view(methods(sensitive_post_parameters()(view)))

    @method_decorator(sensitive_post_parameters())
    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return pages.add(request, self.admin_site)

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
        return pages.detail(request, self.admin_site, self.get_object(request, object_id))

    @look.display(description="App", ordering="app")
    def of_app(self, row: Connection) -> SafeString | str:
        """Name the app."""
        return presenting.named_app(row.app)

    @look.display(description="Account")
    def account(self, row: Connection) -> str:
        """Say what kind of account it is."""
        return presenting.mode(row)

    @look.display(description="Status", ordering="status")
    def state(self, row: Connection) -> SafeString:
        """Show the status, with its reason as the title."""
        return format_html('<span title="{}">{}</span>', row.status_reason, presenting.status_badge(row))

    @look.display(description="Connected by", ordering="created_by__username")
    def connected_by(self, row: Connection) -> str:
        """Name who made it."""
        return row.created_by.get_username() if row.created_by else look.NOTHING

    @look.display(description="Used in", ordering="use_count")
    def used_in(self, row: Any) -> str:
        """Count the users and name the first."""
        names = [use.label for use in row.uses.all()]
        if not names:
            return look.NOTHING
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        return f"{len(names)}: {', '.join(names[:NAMES_SHOWN])}{more}"

    @look.display(description="Last used", ordering="last_used_at")
    def last_used(self, row: Connection) -> SafeString:
        """Say how long ago it was used."""
        return look.when(row.last_used_at)


class AnswerFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """Narrows the calls by how they were answered."""

    title = "answer"
    parameter_name = "answer"
    ranges = {"ok": (200, 299), "refused": (300, 499), "failed": (500, 599), "none": (NO_ANSWER, NO_ANSWER)}

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ok", "2xx"), ("refused", "4xx"), ("failed", "5xx"), ("none", "No answer")]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[SandboxCall]) -> QuerySet[SandboxCall]:
        bounds = self.ranges.get(self.value() or "")
        return queryset.filter(status__range=bounds) if bounds else queryset


@admin.register(SandboxCall)
class SandboxCallAdmin(WorkspaceAdmin):
    """What sandboxes were asked in the provider's place; secrets are masked before they are stored."""

    workspace_path = "connection__workspace"
    list_display = ("moment", "connection", "method", "address", "answer")
    list_display_links = ("moment", "address")
    list_filter = ("connection", AnswerFilter)
    list_select_related = ("connection__workspace",)
    search_fields = ("url", "request_body")
    search_help_text = "Search in addresses and in what was sent."
    fields = ("connection", "at", "method", "called", "answer", "headers", "sent", "received")
    readonly_fields = fields

    @look.display(description="When", ordering="id")
    def moment(self, row: SandboxCall) -> SafeString:
        """Say how long ago it was."""
        return look.when(row.at)

    @look.display(description="Address")
    def address(self, row: SandboxCall) -> str:
        """Show the address without its query."""
        return row.url.partition("?")[0]

    @look.display(description="Address")
    def called(self, row: SandboxCall) -> str:
        """Show the whole address."""
        return row.url

    @look.display(description="Answer", ordering="status")
    def answer(self, row: SandboxCall) -> SafeString:
        """Show the status that the sandbox answered with."""
        if row.status == NO_ANSWER:
            return look.badge("failed", "No answer")
        tone = look.Tone.SUCCESS if row.status < 300 else look.Tone.DANGER
        return look.badge(str(row.status), row.status, tone=tone)

    @look.display(description="Headers")
    def headers(self, row: SandboxCall) -> SafeString:
        """Show the headers of the request."""
        return look.code_block(row.request_headers, label="Headers of the request")

    @look.display(description="Request")
    def sent(self, row: SandboxCall) -> SafeString | str:
        """Show the body of the request."""
        return look.code_block(row.request_body, label="Request") if row.request_body else look.NOTHING

    @look.display(description="Response")
    def received(self, row: SandboxCall) -> SafeString | str:
        """Show the body of the response."""
        return look.code_block(row.response_body, label="Response") if row.response_body else look.NOTHING
