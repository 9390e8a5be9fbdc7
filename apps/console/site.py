"""The admin's site: its name, its first page, and who may enter."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path

from apps.common import look

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class TandemAdminSite(look.AdminSite):
    """The one admin site. Enter: active staff who are members of a workspace, and superusers."""

    site_header = "Tandem"
    site_title = "Tandem"
    index_title = "Dashboard"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever may see at least one workspace."""
        from apps.workspaces.models import Membership

        user = cast("User", request.user)
        if not super().has_permission(request):
            return False
        return user.is_superuser or Membership.objects.filter(user=user).exists()

    def get_urls(self) -> list[Any]:
        """Add the pages that are about no one model; leave out Django's shortcut `r/<type>/<id>/`.

        The shortcut tells whether a foreign row exists.
        """
        from apps.console.lineage.pages import routes
        from apps.console.sizes import sizes

        database = path("database/", self.admin_view(sizes), name="sizes")
        return [*routes(), database, *self._models_urls()]

    def _models_urls(self) -> list[Any]:
        return [route for route in super().get_urls() if getattr(route, "name", None) != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard."""
        from apps.console.dashboard import dashboard

        context = {
            **self.each_context(request),
            "title": "Dashboard",
            **dashboard(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "console/dashboard.html", context)


site = admin.site
