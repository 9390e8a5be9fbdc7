"""Apps of a workspace's own in the admin: the list, and the pages behind it."""

from collections.abc import Callable
from typing import Any, override

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog.models import CustomApp
from apps.common import look
from apps.console.custom_apps import acts, pages, try_page
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin

type Page = Callable[..., HttpResponse]


@admin.register(CustomApp)
class CustomAppAdmin(WorkspaceAdmin):
    """The apps that the workspace declared itself; every page but the list is our own."""

    add_permission = Permission.MANAGE_APPS
    change_permission = Permission.MANAGE_APPS
    delete_permission = Permission.MANAGE_APPS
    list_display = ("name", "key", "address", "action_count", "trigger_count", "state", "changed")
    search_fields = ("name", "key")
    ordering = ("name",)
    list_before_template = "console/custom/list_note.html"

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomApp]:
        rows: QuerySet[CustomApp] = super().get_queryset(request)
        return rows.select_related("workspace", "created_by")

    @override
    def get_urls(self) -> list[URLPattern]:
        def edit(kind: str) -> Page:
            return lambda request, row, key="": pages.edit(request, row, kind, key)

        shown: dict[str, Page] = {
            "edit": edit("basics"),
            "webhook": edit("webhook"),
            "add-action": edit("action"),
            "add-trigger": edit("trigger"),
            "action/<slug:key>": edit("action"),
            "trigger/<slug:key>": edit("trigger"),
            "try/<slug:key>": try_page.try_out,
        }
        posted: dict[str, Page] = {"switch": acts.switch, "export": acts.export}
        own = [
            path(
                f"<int:object_id>/{route}/",
                self._of(page, posts=route in posted),
                name=f"catalog_customapp_{route.partition('/')[0].replace('-', '_')}",
            )
            for route, page in {**shown, **posted}.items()
        ]
        taking = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(acts.import_file))
        return [path("import/", taking, name="catalog_customapp_import"), *own, *super().get_urls()]

    def _of(self, page: Page, *, posts: bool) -> Any:
        """Return the view of one app's page; one that acts takes POST alone."""

        def view(request: HttpRequest, object_id: int, **parts: str) -> HttpResponse:
            return page(request, self.get_object(request, str(object_id)), **parts)

        methods = require_POST if posts else require_http_methods(["GET", "HEAD", "POST"])
        return self.admin_site.admin_view(methods(view))

    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return pages.add(request)

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
        return pages.detail(request, self.get_object(request, object_id))

    @override
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return acts.remove(request, self.get_object(request, object_id))

    @look.display(description="Base address")
    def address(self, row: CustomApp) -> str:
        """Show where its calls go."""
        return str(row.declaration.get("base_url", ""))

    @look.display(description="Actions")
    def action_count(self, row: CustomApp) -> int:
        """Count what can be done there."""
        return len(row.declaration.get("actions", ()))

    @look.display(description="Triggers")
    def trigger_count(self, row: CustomApp) -> int:
        """Count what can happen there."""
        return len(row.declaration.get("triggers", ()))

    @look.display(description="Status", ordering="enabled")
    def state(self, row: CustomApp) -> SafeString:
        """Show whether it is offered."""
        return look.badge("active", "On") if row.enabled else look.badge("paused", "Switched off")

    @look.display(description="Changed", ordering="changed_at")
    def changed(self, row: CustomApp) -> SafeString:
        """Say how long ago it was changed."""
        return look.when(row.changed_at)
