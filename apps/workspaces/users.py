"""The people of the installation, for its operators alone."""

from typing import Any, override

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from apps.common import look
from apps.workspaces import services
from apps.workspaces.models import Membership
from apps.workspaces.scope import actor_of, guarded, is_superuser
from apps.workspaces.shared import SharedAdmin

# Django registers users for every staff member with the right flag, and groups,
# which mean nothing here; the task queue's rows can run any code.
for model in [*admin.site._registry]:
    if model in (User, Group) or model._meta.app_label == "django_q":
        admin.site.unregister(model)


class SuperusersOnly(SharedAdmin):
    """Pages for the operators of the installation alone."""

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)


@admin.register(User)
class UserAdmin(SuperusersOnly, DjangoUserAdmin):  # type: ignore[type-arg]  # Generic in the stubs alone.
    """The people of the installation. Their roles are memberships."""

    form = look.UserChangeForm
    add_form = look.UserCreationForm
    change_password_form = look.AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "belongs_to")
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "first_name", "last_name")}),
        (
            "Access",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "belongs_to"),
                "description": "Staff may sign in here. Superusers see every workspace. Accounts are not "
                "deleted, as the audit trail names them: to close one, take “Active” away.",
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "password1", "password2", "is_staff")}),)

    @override
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        view = super().changeform_view
        return guarded(request, lambda: view(request, object_id, form_url, extra_context))

    @override
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        services.save_account(obj, actor=actor_of(request))

    @look.display(description="Belongs to")
    def belongs_to(self, row: User) -> str:
        """List the memberships."""
        rows = Membership.objects.filter(user=row).select_related("workspace")
        return ", ".join(f"{each.workspace} ({each.get_role_display()})" for each in rows) or look.NOTHING
