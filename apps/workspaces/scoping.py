"""Tenant scoping of the admin: who asks, in which workspace, and what they may see of it.

Every ModelAdmin of a tenant's model derives from `WorkspaceAdmin`; the system
check in `apps.workspaces.checks` demands it. Nothing is allowed unless a
permission is named, and a row of another workspace does not exist (404).
"""

from typing import Any, cast, override

from django.contrib import messages
from django.contrib.admin import RelatedFieldListFilter, ShowFacets
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Field, ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.common import look
from apps.workspaces.access import may
from apps.workspaces.filters import OwnRelatedFilter, filter_name
from apps.workspaces.models import AuditEntry, Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scope import (
    SESSION_KEY,
    Scope,
    act,
    actor_of,
    choose_workspace,
    current_workspace,
    find_workspace,
    guarded,
    is_superuser,
    require_permission,
    scope_of,
    site_subheader,
    workspaces_of,
)
from apps.workspaces.shared import SharedAdmin

__all__ = [
    "SESSION_KEY",
    "Scope",
    "SharedAdmin",
    "WorkspaceAdmin",
    "act",
    "actor_of",
    "choose_workspace",
    "current_workspace",
    "find_workspace",
    "is_superuser",
    "require_permission",
    "scope_of",
    "site_subheader",
    "workspaces_of",
]

HISTORY_LENGTH = 200


class WorkspaceAdmin(look.ModelAdmin):
    """The base of the admin of every model that belongs to a workspace.

    `workspace_path` is the lookup from the model to its workspace, "" for the
    workspace itself. `view_permission` and the others name what the role must
    have; None means nobody. A subclass that allows writing implements
    `save_model` and `delete_model` with its room's services.
    """

    workspace_path = "workspace"
    view_permission: Permission | None = Permission.VIEW
    add_permission: Permission | None = None
    change_permission: Permission | None = None
    delete_permission: Permission | None = None
    view_on_site = False
    show_facets = ShowFacets.NEVER  # A count per filter value is a query per value.
    object_history_template = "workspaces/history.html"

    # What the person may do

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return scope_of(request).allows(self.view_permission)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.view_permission, obj) or self.has_change_permission(request, obj)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.add_permission)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.change_permission, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.delete_permission, obj)

    def _may(self, request: HttpRequest, permission: Permission | None, obj: Model | None = None) -> bool:
        scope = scope_of(request)
        if not scope.allows(permission):
            return False
        # An unsaved row (the add form's) belongs to nobody yet.
        return obj is None or obj.pk is None or self.workspace_of(obj) == scope.workspace

    def workspace_of(self, obj: Model) -> Workspace | None:
        """Return the workspace that a row belongs to."""
        owner: Any = obj
        for part in self.workspace_path.split("__") if self.workspace_path else ():
            owner = getattr(owner, part, None)
        return owner if isinstance(owner, Workspace) else None

    # What the person sees

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        workspace = find_workspace(request)
        if workspace is None:
            return super().get_queryset(request).none()
        return super().get_queryset(request).filter(**{self.workspace_path or "pk": workspace.pk})

    @override
    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; raises `Http404` where it is not one of the person's.

        A row of another workspace of theirs makes that workspace the current
        one, so that a link from a mail opens whatever was chosen before.
        """
        found = super().get_object(request, object_id, from_field)
        if found is None and request.method == "GET" and self._switch_to(request, object_id):
            found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(f"There is no such {self.opts.verbose_name} in your workspaces.")
        return found

    def _switch_to(self, request: HttpRequest, object_id: str) -> bool:
        """Choose the workspace of a row that is in another one of the person's workspaces."""
        try:
            key = self.opts.pk.to_python(object_id)
        except Exception:  # noqa: BLE001 - whatever a field says of a strange key, there is no such row.
            return False
        row = self.model._default_manager.filter(pk=key).first()
        workspace = self.workspace_of(row) if row else None
        if workspace is None or not workspaces_of(request).filter(pk=workspace.pk).exists():
            return False
        choose_workspace(request, workspace)
        messages.info(request, f"You are now in the workspace “{workspace}”.")
        return True

    @override
    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only the list's own filters: any other field could be guessed letter by letter."""
        name = lookup.split("__", 1)[0]
        try:
            self.opts.get_field(name)
        except FieldDoesNotExist:
            return name == "pk" or (request is not None and super().lookup_allowed(lookup, value, request))
        if request is None:
            return False
        offered = {filter_name(entry) for entry in self.get_list_filter(request)} | {self.date_hierarchy}
        declared = any(entry == lookup or lookup.startswith(f"{entry}__") for entry in offered if entry)
        return declared and super().lookup_allowed(lookup, value, request)

    @override
    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Return the filters, those over relations narrowed to the person's own rows."""
        return [self._narrowed(entry) for entry in super().get_list_filter(request)]

    def _narrowed(self, entry: Any) -> Any:
        name, chosen = entry if isinstance(entry, list | tuple) else (entry, None)
        if not isinstance(name, str) or (chosen and not issubclass(chosen, RelatedFieldListFilter)):
            return entry
        if chosen and issubclass(chosen, OwnRelatedFilter | look.AutocompleteSelectFilter):
            return entry
        try:
            field = get_fields_from_path(self.model, name)[-1]
        except (FieldDoesNotExist, NotRelationField):
            return entry
        return (name, OwnRelatedFilter) if field.is_relation else entry

    @override
    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["queryset"] = self._own_choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @override
    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["queryset"] = self._own_choices(db_field, request, kwargs.get("queryset"))
        field: ModelChoiceField[Any] | None = super().formfield_for_manytomany(db_field, request, **kwargs)
        return field

    def _own_choices(
        self, db_field: "Field[Any, Any]", request: HttpRequest, given: QuerySet[Any] | None
    ) -> QuerySet[Any]:
        """Return what a field may point to: rows of the workspace, and nothing where that can't be told."""
        related = cast("type[Model]", db_field.related_model)
        rows: QuerySet[Any] = given if given is not None else related._default_manager.all()
        workspace = find_workspace(request)
        path = self.path_of(related)
        if workspace is None or path is None:
            return rows.none()
        return rows.filter(**{path or "pk": workspace.pk})

    def path_of(self, related: type[Model]) -> str | None:
        """Return the lookup from a model to its workspace, None where it has none."""
        if related is Workspace:
            return ""
        registered = self.admin_site._registry.get(related)
        if isinstance(registered, WorkspaceAdmin):
            return registered.workspace_path
        fields = {field.name for field in related._meta.get_fields()}
        return "workspace" if "workspace" in fields else None

    # What the person does

    @override
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions without Django's bulk deletion, which would pass by the services."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

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
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        view = super().delete_view
        return guarded(request, lambda: view(request, object_id, extra_context))

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        raise PermissionDenied("These rows are not changed here.")

    @override
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise PermissionDenied("These rows are not deleted here.")

    @override
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""

    @override
    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""

    @override
    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Write nothing: the audit trail takes the place of Django's log."""

    @override
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the audit trail of one row to those who may see the trail."""
        obj = self.get_object(request, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        workspace = self.workspace_of(obj)
        if workspace is None or not may(actor_of(request), workspace, Permission.VIEW_AUDIT):
            raise PermissionDenied("Your role does not allow this (view audit).")
        entries = AuditEntry.objects.filter(
            workspace=workspace,
            target_type=self.opts.label_lower,
            target_code=str(getattr(obj, "code", obj.pk)),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "opts": self.opts,
            "object": obj,
            "entries": entries[:HISTORY_LENGTH],
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)
