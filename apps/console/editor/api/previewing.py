"""What a draft's fields, conditions and templates come to on an event, before anything runs."""

from typing import Any

from apps.console.editor.asking import definition_of, seen_by, step_of
from apps.console.editor.calling import Call, Route
from apps.console.editor.resolving import resolve_step
from apps.console.editor.suggesting import suggest as suggestions
from apps.console.editor.tree import groups_of
from apps.console.preview import render as render_template
from apps.language.values import type_name
from apps.workspaces.roles import Permission

TRIGGER = "trigger"


def resolve(call: Call) -> dict[str, Any]:
    """Answer what every field and condition of one step comes to. Nothing is called."""
    definition = definition_of(call)
    step_id = call.text("step")
    if step_id == TRIGGER:
        return {"fields": {}, "conditions": {}}
    step = step_of(definition, step_id)
    return resolve_step(definition, step, seen_by(call, definition, step_id))


def render(call: Call) -> dict[str, Any]:
    """Answer what one template comes to where a step stands."""
    definition = definition_of(call)
    template, step_id = call.text("template"), call.text("step")
    seen = seen_by(call, definition, "" if step_id == TRIGGER else step_id)
    found = render_template(template, seen.scope)
    kind = "" if found.error else type_name(found.value)
    return {"text": found.text, "value": found.value, "type": kind, "error": found.error or None}


def tree(call: Call) -> dict[str, Any]:
    """Answer everything that stands before a step, with types and examples."""
    definition = definition_of(call)
    step_id = call.text("step")
    seen = seen_by(call, definition, "" if step_id == TRIGGER else step_id)
    real = call.object("event", default={}).get("source", "sample") != "sample"
    return {"groups": groups_of(definition, seen, real_event=real)}


def suggest(call: Call) -> dict[str, Any]:
    """Answer what the empty inputs of a step could be filled with, and why."""
    definition = definition_of(call)
    step_id = call.text("step")
    step = step_of(definition, step_id)
    return suggestions(call.workflow, definition, step, seen_by(call, definition, step_id))


ROUTES = (
    Route("POST", "resolve", Permission.VIEW, resolve),
    Route("POST", "render", Permission.VIEW, render),
    Route("POST", "tree", Permission.VIEW, tree),
    Route("POST", "suggest", Permission.EDIT_WORKFLOWS, suggest),
)
