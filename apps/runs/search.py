"""How runs are found: by an event, a code, an e-mail or an id in them, and by their trigger."""

import uuid
from contextlib import suppress
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.common import crypto, look
from apps.runs.models import Run, SearchKey
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from apps.workspaces.scoping import find_workspace


def runs_found_by(term: str, workspace: Workspace) -> Q:
    """Return the condition for runs with exactly this event id, code, e-mail or provider's id.

    Every part is answered by an index, whatever the size of the table.
    """
    found = Q(event_id=term) | Q(pk__in=_runs_with(term, workspace))
    with suppress(ValueError):
        found |= Q(code=uuid.UUID(term))
    return found


def _runs_with(term: str, workspace: Workspace) -> QuerySet[SearchKey, Any]:
    """Return the runs of the workspace in which a value like this was found."""
    hashes = Q()
    for kind in SearchKey.Kind.values:
        values = crypto.search_hashes(term, kind=kind, workspace=str(workspace.code))
        hashes |= Q(kind=kind, value_hash__in=values)
    return SearchKey.objects.filter(hashes, workspace=workspace).values("run")


class TriggerFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """The trigger that started the workflow's runs; offers those of the workspace's workflows."""

    title = "Trigger"
    parameter_name = "trigger"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the triggers by their references."""
        refs = Workflow.objects.filter(workspace=find_workspace(request)).exclude(trigger_ref="")
        found = refs.order_by("trigger_ref").values_list("trigger_ref", flat=True).distinct()
        return [(ref, _trigger_name(ref)) for ref in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """Narrow the list to the chosen trigger."""
        return queryset.filter(workflow__trigger_ref=self.value()) if self.value() else queryset


def _trigger_name(ref: str) -> str:
    try:
        app, trigger = registry.get_trigger(ref)
    except UnknownKeyError:
        return ref
    return f"{trigger.name} in {app.name}"
