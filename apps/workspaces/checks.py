"""System checks: whatever the admin shows is scoped to the workspace, or is known to belong to none."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.sites import all_sites
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from apps.workspaces.models import Workspace
from apps.workspaces.scoping import SharedAdmin, WorkspaceAdmin

# Schedule's free-text `func` alone is the execution of any code; groups and
# Django's log would show one tenant's people and rows to another.
NEVER_SHOWN_APPS = frozenset({"django_q"})
NEVER_SHOWN = frozenset({"auth.Group", "auth.Permission", "admin.LogEntry"})
MAX_DEPTH = 4


@register("admin")
def check_scoping(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Demand of every registered model that its pages are scoped, and that some are not registered."""
    return [message for site in all_sites for message in check_site(site)]


def check_site(site: AdminSite) -> Iterator[CheckMessage]:
    """Return what is wrong with the pages of one admin site."""
    for model, model_admin in site._registry.items():
        label = model._meta.label
        if model._meta.app_label in NEVER_SHOWN_APPS or label in NEVER_SHOWN:
            yield Error(
                f"{label} is registered in the admin.",
                hint=f"Unregister it: admin.site.unregister({model.__name__}).",
                obj=type(model_admin),
                id="workspaces.E001",
            )
        elif isinstance(model_admin, WorkspaceAdmin):
            yield from _check_path(model, model_admin)
        elif belongs_to_workspace(model):
            yield Error(
                f"The admin of {label} shows the rows of every workspace.",
                hint="Derive it from apps.workspaces.scoping.WorkspaceAdmin.",
                obj=type(model_admin),
                id="workspaces.E002",
            )
        elif not isinstance(model_admin, SharedAdmin) and model is not get_user_model():
            yield Error(
                f"Nothing says who may see {label} in the admin.",
                hint="Derive its admin from WorkspaceAdmin or SharedAdmin of apps.workspaces.scoping.",
                obj=type(model_admin),
                id="workspaces.E003",
            )


def belongs_to_workspace(model: type[Model], depth: int = 0) -> bool:
    """Tell whether a row of the model points, over its foreign keys, to a workspace."""
    if model is Workspace:
        return True
    if depth >= MAX_DEPTH:
        return False
    targets = [
        field.related_model
        for field in model._meta.concrete_fields
        if field.is_relation and isinstance(field.related_model, type) and field.related_model is not model
    ]
    return any(belongs_to_workspace(target, depth + 1) for target in targets)


def _check_path(model: type[Model], model_admin: "ModelAdmin[Any]") -> Iterator[CheckMessage]:
    path = getattr(model_admin, "workspace_path", "")
    target: type[Model] = model
    try:
        for part in path.split("__") if path else ():
            related = target._meta.get_field(part).related_model
            if not isinstance(related, type):
                raise FieldDoesNotExist(part)
            target = related
    except FieldDoesNotExist:
        target = Model
    if target is not Workspace:
        yield Error(
            f"workspace_path “{path}” of {type(model_admin).__name__} does not lead to a workspace.",
            hint=f"Name the lookup from {model._meta.label} to Workspace.",
            obj=type(model_admin),
            id="workspaces.E004",
        )
