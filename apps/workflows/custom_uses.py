"""Which parts of a workspace's own app its workflows need."""

from collections.abc import Iterable, Iterator

from apps.catalog.custom.changes import Use
from apps.workflows.engine.definition import Definition, action_of, parse
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.models import Workspace


def refs_of(definition: Definition) -> tuple[str, ...]:
    """Return the trigger's and the actions' references; an AI step's is that of what asks its model."""
    steps = (ref for step in definition.walk() if (ref := action_of(step)))
    return (definition.trigger.trigger, *steps)


def app_keys_of(definition: Definition) -> tuple[str, ...]:
    """Return the keys of the apps that a definition names, each once."""
    return tuple(dict.fromkeys(ref.partition(".")[0] for ref in refs_of(definition)))


def uses_of(workspace: Workspace, app_key: str, *, also: Iterable[int] = ()) -> list[Use]:
    """Return what live workflows need of the app, and the versions `also` (ids) that runs are still on."""
    live = Workflow.objects.filter(workspace=workspace).exclude(status=Workflow.Status.UNPUBLISHED)
    wanted = {*live.exclude(live_version=None).values_list("live_version_id", flat=True), *also}
    versions = WorkflowVersion.every.filter(pk__in=wanted, workflow__workspace=workspace)
    rows = versions.values_list("definition", "workflow__name").order_by("workflow__name", "pk")
    return [use for definition, name in rows for use in _uses(definition, name, app_key)]


def _uses(stored: object, name: str, app_key: str) -> Iterator[Use]:
    try:
        definition = parse(stored)
    except InvalidDefinitionError:
        return
    for ref in refs_of(definition):
        if ref.partition(".")[0] == app_key:
            yield Use(ref, name)
