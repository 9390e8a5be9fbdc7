"""A definition in words, one row for the trigger, each step and each branch."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apps.catalog import registry
from apps.connections.models import Connection
from apps.workflows import services
from apps.workflows.engine.definition import tree
from apps.workflows.models import Workflow

KINDS = {
    "filter": "Only if",
    "if": "If",
    "switch": "Switch",
    "ai": "Ask AI",
    "code": "Run code",
    "transform": "Transform",
    "delay": "Wait",
    "for_each": "For each",
    "approval": "Ask for approval",
    "wait_webhook": "Wait for a webhook",
    "stop": "Stop",
}
"""What a row of each kind of step but an action begins with."""

DEEPEST = 8

Row = dict[str, Any]
Named = Mapping[str, Connection]


def summarise(workflow: Workflow, definition: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a stored definition, which need not be valid; `depth` counts the branches around."""
    trigger = definition.get("trigger", {})
    steps = list(tree.stored_steps(definition))
    codes = [trigger.get("connection", ""), *(step.get("connection", "") for step in steps)]
    named = services.connections_named(workflow.workspace, [code for code in codes if code])
    return [_trigger_row(trigger, named), *_rows(definition.get("steps", ()), named, 0)]


def is_plain(definition: Mapping[str, Any]) -> bool:
    """Tell whether the plain form can show everything: actions and filters in one sequence."""
    return all(
        step.get("kind") in ("action", "filter") and not step.get("on_error")
        for step in definition.get("steps", ())
    )


def _rows(steps: Iterable[Mapping[str, Any]], named: Named, depth: int) -> Iterator[Row]:
    for step in steps:
        yield {**_step_row(step, named), "depth": min(depth, DEEPEST)}
        for _, name, inner in tree.stored_branches(step):
            if inner:
                label = f"{name[:1].upper()}{name[1:]}:"
                yield {"kind": "", "what": "", "branch": label, "depth": min(depth + 1, DEEPEST)}
                yield from _rows(inner, named, depth + 1)


def _trigger_row(trigger: Mapping[str, Any], named: Named) -> Row:
    try:
        app, spec = registry.get_trigger(trigger.get("trigger", ""))
    except registry.UnknownKeyError:
        return {"kind": "When", "what": "An unknown trigger", "connection": None, "depth": 0}
    return {
        "kind": "When",
        "what": f"{spec.name} in {app.name}",
        "connection": named.get(trigger.get("connection", "")),
        "detail": spec.description,
        "depth": 0,
    }


def _step_row(step: Mapping[str, Any], named: Named) -> Row:
    name, kind = str(step.get("name", "")), str(step.get("kind", ""))
    off = "Switched off" if step.get("disabled") else ""
    connection = named.get(step.get("connection", ""))
    if kind != "action":
        return {"kind": KINDS.get(kind, "Then"), "what": name, "connection": connection, "detail": off}
    ref = str(step.get("action", ""))
    try:
        app, action = registry.get_action(ref)
        what, plain = f"{action.name} in {app.name}", action.name
    except registry.UnknownKeyError:
        what = plain = ref
    told = [name if name not in (what, plain) else "", off]
    return {
        "kind": "Then, if needed," if step.get("run_if") else "Then",
        "what": what,
        "connection": connection,
        "detail": ". ".join(part for part in told if part),
    }
