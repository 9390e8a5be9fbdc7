"""Workspaces, members, the audit trail and the installation's users, for people."""

from typing import TYPE_CHECKING, Any, cast, override

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from apps.common import look
from apps.workspaces import services, users
from apps.workspaces.access import may
from apps.workspaces.models import AuditEntry, Membership, Workspace, in_words
from apps.workspaces.roles import Permission, Role
from apps.workspaces.scoping import (
    WorkspaceAdmin,
    actor_of,
    choose_workspace,
    current_workspace,
    find_workspace,
    is_superuser,
    scope_of,
    workspaces_of,
)

__all__ = ["users"]  # Imported for its registrations.

if TYPE_CHECKING:
    MembershipForm = forms.ModelForm[Membership]
else:
    MembershipForm = forms.ModelForm


@admin.register(Workspace)
class WorkspaceRowAdmin(WorkspaceAdmin):
    """The person's workspaces: rename them, and choose the one to look at."""

    workspace_path = ""
    change_permission = Permission.MANAGE_WORKSPACE
    list_display = ("name", "members", "own_role", "created_at")
    search_fields = ("name",)
    fields = ("name", "keep_runs_days", "code", "created_at")
    readonly_fields = ("code", "created_at")

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request) or super().has_module_permission(request)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request) or super().has_view_permission(request, obj)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def _may(self, request: HttpRequest, permission: Permission | None, obj: Any = None) -> bool:
        if obj is None or obj.pk is None:
            return super()._may(request, permission)
        return permission is not None and may(actor_of(request), obj, permission)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        own = Membership.objects.filter(workspace=OuterRef("pk"), user=cast("User", request.user))
        return workspaces_of(request).annotate(
            member_count=Subquery(
                Membership.objects.filter(workspace=OuterRef("pk"))
                .order_by()
                .values("workspace")
                .annotate(count=Count("pk"))
                .values("count")
            ),
            role_held=Subquery(own.values("role")[:1]),
        )

    @look.display(description="Members", ordering="member_count")
    def members(self, row: Any) -> int:
        """Count its members."""
        return row.member_count or 0

    @look.display(description="Your role", ordering="role_held")
    def own_role(self, row: Any) -> str:
        """Say what the person is in it."""
        return Role(row.role_held).label if row.role_held else "Operator"

    @override
    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        if change:
            services.rename_workspace(obj, actor=actor_of(request), name=form.cleaned_data["name"])
            services.keep_runs(obj, actor=actor_of(request), days=form.cleaned_data["keep_runs_days"])
            return
        created = services.create_workspace(
            actor=actor_of(request), name=form.cleaned_data["name"], owner=cast("User", request.user)
        )
        obj.pk, obj.code, obj.created_at = created.pk, created.code, created.created_at
        services.keep_runs(created, actor=actor_of(request), days=form.cleaned_data["keep_runs_days"])

    @override
    def get_urls(self) -> list[URLPattern]:
        switch = path("switch/", self.admin_site.admin_view(self.switch_view), name="workspaces_switch")
        return [switch, *super().get_urls()]

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        """Show the person's workspaces; POST makes one of them the current one."""
        if request.method == "POST":
            code = request.POST.get("workspace", "")
            chosen = next((each for each in workspaces_of(request) if str(each.code) == code), None)
            if chosen is None:
                raise Http404("There is no such workspace among yours.")
            choose_workspace(request, chosen)
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:index"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Choose a workspace",
            "opts": self.opts,
            "workspaces": workspaces_of(request),
            "current": find_workspace(request),
        }
        return TemplateResponse(request, "workspaces/switch.html", context)


class NewMemberForm(MembershipForm):
    """Asks for a person by name, so that nobody can leaf through the installation's users."""

    person = forms.CharField(
        label="Username or e-mail",
        widget=look.TextInput,
        help_text="Of somebody who has an account on this installation and may sign in here (staff).",
    )

    class Meta:
        model = Membership
        fields = ("role",)

    def clean_person(self) -> User:
        """Return the one active user whom the text names exactly."""
        text = self.cleaned_data["person"].strip()
        found = list(User.objects.filter(Q(username=text) | Q(email__iexact=text), is_active=True)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                "Nobody here has exactly this username or e-mail. An operator of the installation "
                "can create an account under Users."
            )
        return found[0]


@admin.register(Membership)
class MembershipAdmin(WorkspaceAdmin):
    """Who belongs to the workspace, and as what."""

    add_permission = Permission.MANAGE_MEMBERS
    change_permission = Permission.MANAGE_MEMBERS
    delete_permission = Permission.MANAGE_MEMBERS
    list_display = ("user", "email", "role", "created_at")
    list_filter = (("role", look.ChoicesDropdownFilter),)
    list_select_related = ("user", "workspace")
    search_fields = ("user__username", "user__email")

    @override
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change, **kwargs)

    @override
    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "role") if obj is None else ("user", "email", "role", "created_at")

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("user", "email", "created_at")

    @override
    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the role of an owner only to those who may make one."""
        if db_field.name == "role" and not scope_of(request).allows(Permission.MANAGE_WORKSPACE):
            kwargs["choices"] = [choice for choice in Role.choices if choice[0] != Role.OWNER]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        """Leave owners to owners."""
        if obj is None or obj.role != Role.OWNER:
            return True
        return scope_of(request).allows(Permission.MANAGE_WORKSPACE)

    @look.display(description="E-mail", ordering="user__email")
    def email(self, row: Membership) -> str:
        """Show the member's address."""
        return row.user.email

    @override
    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        role = Role(form.cleaned_data["role"])
        if change:
            services.change_role(obj, actor=actor_of(request), role=role)
            return
        created = services.add_member(
            current_workspace(request), actor=actor_of(request), user=form.cleaned_data["person"], role=role
        )
        obj.pk, obj.user, obj.workspace = created.pk, created.user, created.workspace

    @override
    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(obj, actor=actor_of(request))


class VerbFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """Narrows the trail to one kind of change."""

    title = "what"
    parameter_name = "what"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        verbs = model_admin.get_queryset(request).order_by("verb").values_list("verb", flat=True).distinct()
        return [(verb, in_words(verb)) for verb in verbs]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(WorkspaceAdmin):
    """Who changed what in the workspace; written by the services alone."""

    view_permission = Permission.VIEW_AUDIT
    list_display = ("moment", "actor_label", "what", "target_label", "target_type")
    list_filter = (("at", look.RangeDateFilter), VerbFilter)
    search_fields = ("target_label", "actor_label", "verb", "target_code")
    search_help_text = "Search by what was changed, by whom, or how (for example connection created)."
    fields = ("at", "actor_label", "what", "target_label", "target_type", "target_code", "was", "became")
    readonly_fields = fields

    @look.display(description="When", ordering="id")
    def moment(self, row: AuditEntry) -> SafeString:
        """Say how long ago it was."""
        return look.when(row.at)

    @look.display(description="What", ordering="verb")
    def what(self, row: AuditEntry) -> str:
        """Say what was done, in words."""
        return row.what

    @look.display(description="Before")
    def was(self, row: AuditEntry) -> SafeString | str:
        """Show the former values."""
        return look.code_block(row.before, label="Before") if row.before else look.NOTHING

    @look.display(description="After")
    def became(self, row: AuditEntry) -> SafeString | str:
        """Show the new values."""
        return look.code_block(row.after, label="After") if row.after else look.NOTHING
