"""Which path of an event feeds which field of an action, read from the published versions.

Publishing has found out which paths each field reads; here the paths are followed
back through the steps whose outputs they name, to what the event held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.urls import reverse

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.language.errors import LanguageError
from apps.language.paths import format_path, parse_path
from apps.runs.filters import trigger_name
from apps.runs.gathering import kind_name
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.models import Workspace

MOST_WORKFLOWS = 1_000
"""Live workflows that are read, the newest; a page says where there are more."""

_LIVE = (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
_MAX_STEPS_BACK = 12


@dataclass(frozen=True, slots=True)
class Via:
    """A step that a value passes on its way."""

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One way of a value: from a path of an event, through steps, into a field of a step.

    `path` is "" where a field reads a step that reads nothing of the event.
    `action` is a reference, "" for steps that call nobody; `decides` marks conditions.
    """

    workflow: str
    page: str
    trigger: str
    path: str
    via: tuple[Via, ...]
    step: str
    what: str
    action: str
    field: str
    decides: bool

    @property
    def source(self) -> str:
        """Return the event's field as one value to choose."""
        return f"{self.trigger}|{self.path}"

    @property
    def destination(self) -> str:
        """Return the action's field as one value to choose; "" for a step that calls nobody."""
        return f"{self.action}|{self.field}" if self.action else ""

    @property
    def event_name(self) -> str:
        """Name the event."""
        return trigger_name(self.trigger)

    @property
    def source_name(self) -> str:
        """Name the event's field."""
        return f"{trigger_name(self.trigger)}: {self.path or 'nothing of the event'}"

    @property
    def destination_name(self) -> str:
        """Name the field that is filled."""
        return f"{self.what}: {self.field}"


@dataclass(frozen=True, slots=True)
class Flows:
    """All flows of a workspace; `more` tells that not every workflow was read."""

    rows: tuple[Flow, ...]
    more: bool


def flows_of(workspace: Workspace) -> Flows:
    """Return how values flow in the live workflows, in one query."""
    versions = WorkflowVersion.objects.filter(
        workflow__workspace=workspace, workflow__status__in=_LIVE, workflow__live_version=F("pk")
    )
    found = versions.order_by("-workflow_id").values_list(
        "workflow_id", "workflow__name", "workflow__trigger_ref", "definition", "lineage"
    )[: MOST_WORKFLOWS + 1]
    read = list(found)
    rows = [
        flow
        for pk, name, trigger, definition, lineage in read[:MOST_WORKFLOWS]
        for flow in _Tracer(pk, name, trigger, definition, lineage).flows()
    ]
    return Flows(tuple(rows), more=len(read) > MOST_WORKFLOWS)


class _Tracer:
    """Follows the paths of one version back to its event."""

    def __init__(
        self, pk: int, name: str, trigger: str, definition: Mapping[str, Any], lineage: Sequence[Any]
    ) -> None:
        self._name, self._trigger = name, trigger
        self._page = reverse("admin:workflows_workflow_change", args=[pk])
        self._steps = {str(step["id"]): step for step in _steps_in(definition.get("steps", ()))}
        self._loops = dict(_loops_in(definition.get("steps", ()), ""))
        self._reads: dict[str, list[Mapping[str, Any]]] = {}
        for entry in lineage:
            self._reads.setdefault(str(entry["step"]), []).append(entry)

    def flows(self) -> Iterator[Flow]:
        """List every way that ends in a field of a step."""
        for step_id, entries in self._reads.items():
            step = self._steps.get(step_id)
            if step is None:
                continue
            for entry in entries:
                seen: set[tuple[str, tuple[Via, ...]]] = set()
                for path, via in self._back(step_id, entry["paths"], frozenset({step_id})):
                    if (path, via) not in seen:
                        seen.add((path, via))
                        yield self._flow(step, str(entry["field"]), path, via)

    def _back(
        self, step_id: str, paths: Sequence[str], passed: frozenset[str]
    ) -> Iterator[tuple[str, tuple[Via, ...]]]:
        """Yield the event's paths behind these, each with the steps passed, nearest to the event first."""
        for text in paths:
            try:
                root, *rest = parse_path(text)
            except LanguageError:
                continue
            if root == "trigger" and rest:
                yield format_path(rest), ()
            elif root == "steps" and rest:
                yield from self._through(str(rest[0]), passed)
            elif root in ("item", "loop") and step_id in self._loops:
                yield from self._through(self._loops[step_id], passed)

    def _through(self, step_id: str, passed: frozenset[str]) -> Iterator[tuple[str, tuple[Via, ...]]]:
        step = self._steps.get(step_id)
        if step is None or step_id in passed or len(passed) > _MAX_STEPS_BACK:
            return
        via = Via(str(step.get("name", step_id)), _what(step))
        entries = self._reads.get(step_id, ())
        if not entries:
            yield "", (via,)
        for entry in entries:
            if _decides(str(entry["field"])):
                continue  # Whether a step runs is no part of what it gives.
            for path, before in self._back(step_id, entry["paths"], passed | {step_id}):
                yield path, (*before, via)

    def _flow(self, step: Mapping[str, Any], field: str, path: str, via: tuple[Via, ...]) -> Flow:
        return Flow(
            workflow=self._name,
            page=self._page,
            trigger=self._trigger,
            path=path,
            via=via,
            step=str(step.get("name", step["id"])),
            what=_what(step),
            action=str(step.get("action", "")) if step.get("kind") == "action" else "",
            field=field,
            decides=_decides(field),
        )


def _decides(field: str) -> bool:
    return field in ("run_if", "condition") or field.startswith("cases.")


def _what(step: Mapping[str, Any]) -> str:
    if step.get("kind") != "action":
        return kind_name(str(step.get("kind", "")))
    ref = str(step.get("action", ""))
    try:
        app, action = registry.get_action(ref)
    except UnknownKeyError:
        return ref
    return f"{action.name} in {app.name}"


def _steps_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """List the steps of a definition's JSON, those in branches and loops too."""
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str) and isinstance(value.get("kind"), str):
            yield value
        for inner in value.values():
            yield from _steps_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _steps_in(inner)


def _loops_in(value: Any, loop: str) -> Iterator[tuple[str, str]]:
    """Pair each step in a loop's body with the loop that it is in."""
    if isinstance(value, Mapping):
        is_step = isinstance(value.get("id"), str) and isinstance(value.get("kind"), str)
        if is_step and loop:
            yield str(value["id"]), loop
        for key, inner in value.items():
            body = is_step and value["kind"] == "for_each" and key == "steps"
            yield from _loops_in(inner, str(value["id"]) if body else loop)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _loops_in(inner, loop)
