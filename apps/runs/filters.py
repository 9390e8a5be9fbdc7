"""What the list of runs is narrowed by; each is answered by an index or by the list's own order."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.common import look
from apps.connections.models import Connection
from apps.runs.models import Run
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.scoping import find_workspace


class TriggerFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """The trigger that started the workflow's runs; offers those of the workspace's workflows."""

    title = "Trigger"
    parameter_name = "trigger"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the triggers by their references."""
        refs = Workflow.objects.filter(workspace=find_workspace(request)).exclude(trigger_ref="")
        found = refs.order_by("trigger_ref").values_list("trigger_ref", flat=True).distinct()
        return [(ref, trigger_name(ref)) for ref in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """Narrow the list to the chosen trigger."""
        return _of_workflows(request, queryset, trigger_ref=self.value()) if self.value() else queryset


class ConnectionFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """The connection over which the workflow's events come."""

    title = "Connection"
    parameter_name = "over"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the connections that start a workflow of the workspace."""
        used = Workflow.objects.filter(workspace=find_workspace(request)).values("trigger_connection")
        rows = Connection.objects.filter(workspace=find_workspace(request), pk__in=used).order_by("name")
        return [(str(row.code), str(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """Narrow the list to the runs of workflows that listen on the connection."""
        chosen = next((code for code, _ in self.lookup_choices if code == self.value()), None)
        if not self.value():
            return queryset
        if chosen is None:
            return queryset.none()
        return _of_workflows(request, queryset, trigger_connection__code=chosen)


class OriginFilter(look.DropdownFilter):  # type: ignore[misc] # The look's base has no types.
    """Whether it is an event's first run, a repetition, or a test of a draft."""

    title = "Kind of run"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds."""
        return [("first", "First runs"), ("replay", "Replays"), ("test", "Tests")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """Narrow the list to the kind."""
        tests = WorkflowVersion.every.filter(workflow__workspace=find_workspace(request), number=None)
        if self.value() == "replay":
            return queryset.filter(replay__gt=0)
        if self.value() == "test":
            return queryset.filter(version__in=tests.values("pk"))
        if self.value() == "first":
            return queryset.filter(replay=0).exclude(version__in=tests.values("pk"))
        return queryset


def trigger_name(ref: str) -> str:
    """Return a trigger's name with its app's, or the reference where the catalog has it no more."""
    try:
        app, trigger = registry.get_trigger(ref)
    except UnknownKeyError:
        return ref
    return f"{trigger.name} in {app.name}"


def _of_workflows(request: HttpRequest, runs: QuerySet[Run], **facts: Any) -> QuerySet[Run]:
    """Narrow runs to those of the workflows with these facts, named by their keys for the index's sake."""
    found = Workflow.objects.filter(workspace=find_workspace(request), **facts).values_list("pk", flat=True)
    return runs.filter(workflow__in=list(found))
