"""The admin of rows that no workspace owns."""

from typing import TYPE_CHECKING, cast, override

from django.contrib.admin import ShowFacets
from django.db.models import Model
from django.http import HttpRequest

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
