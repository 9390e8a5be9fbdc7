"""The admin of rows that no workspace owns."""

from typing import TYPE_CHECKING, Any, cast, override

from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from apps.common import look
from apps.workspaces.roles import Permission
from apps.workspaces.scope import scope_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SharedAdmin(look.ModelAdmin):
    """The base of the admin of rows that no workspace owns: seen by every member, written by superusers."""

    show_facets = ShowFacets.NEVER
    view_on_site = False

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return cast("User", request.user).is_superuser or scope_of(request).allows(Permission.VIEW)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return cast("User", request.user).is_superuser

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show none: Django's log is empty, and each workspace's audit trail tells what concerns it."""
        raise Http404("These rows have no history of their own. Look at the audit trail.")

    @override
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""

    @override
    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""

    @override
    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""
