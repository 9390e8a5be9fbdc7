"""Filters of lists that offer nothing of another workspace."""

from typing import TYPE_CHECKING, Any, override

from django.http import HttpRequest

from apps.common import look
from apps.workspaces.scope import find_workspace

if TYPE_CHECKING:
    from apps.workspaces.scoping import WorkspaceAdmin


class OwnRelatedFilter(look.RelatedDropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """A list filter over a relation that offers only rows of the current workspace."""

    @override
    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: "WorkspaceAdmin"
    ) -> list[tuple[Any, str]]:
        """Return the workspace's rows, or what its own rows point to where the others have no workspace."""
        path = model_admin.path_of(field.related_model)
        workspace = find_workspace(request)
        if workspace is not None and path is not None:
            limit: dict[str, Any] = {path or "pk": workspace.pk}
        else:
            own = model_admin.get_queryset(request).order_by().values_list(f"{self.field_path}__pk")
            limit = {"pk__in": own.distinct()}
        ordering = self.field_admin_ordering(field, request, model_admin)
        choices: list[tuple[Any, str]] = field.get_choices(
            include_blank=False, limit_choices_to=limit, ordering=ordering
        )
        return choices


def filter_name(entry: Any) -> str:
    """Return the field that an entry of `list_filter` is about, "" for one of its own making."""
    name = entry[0] if isinstance(entry, list | tuple) else entry
    return name if isinstance(name, str) else ""
