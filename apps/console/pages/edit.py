"""The mapping form: every step's fields, what can fill them, and what they become on one event."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string

from apps.catalog import registry
from apps.catalog.spec import App
from apps.catalog.switches import switched_off
from apps.common.errors import Conflict, ServiceError
from apps.connections.models import Connection
from apps.console import next_times, preview
from apps.console.condition_rows import operator_choices
from apps.console.field_rows import ROW_TYPES
from apps.console.mapping_form import (
    OPTION_PREFIX,
    option_rows,
    read_definition,
    step_forms,
)
from apps.console.offering import action_groups, trigger_groups
from apps.console.pages.frame import page, to_page
from apps.console.past_events import past_deliveries, past_payload, sample_payload, trigger_of
from apps.console.step_changes import changed
from apps.console.summary import is_plain, summarise
from apps.workflows import services
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.problems import InvalidDefinitionError, Problem
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission

PAST_DELIVERIES = 10
SAMPLE = "sample"


def edit(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show the form. The button's name says what to do with what was posted."""
    actor = require_permission(request, Permission.EDIT_WORKFLOWS)
    draft: dict[str, Any] = workflow.draft
    if not is_plain(draft):
        return _elsewhere(request, workflow)
    revision, name, error = workflow.draft_revision, workflow.name, None
    if request.method == "POST":
        draft = read_definition(request.POST, workflow.draft)
        revision = _number(request.POST.get("revision", ""))
        name = request.POST.get("name", workflow.name)
        do = request.POST.get("do", "save")
        if do in ("save", "publish"):
            try:
                with transaction.atomic():  # Both or neither.
                    services.rename_workflow(workflow, actor=actor, name=name)
                    services.save_draft(workflow, actor=actor, definition=draft, revision=revision)
            except ServiceError as refused:
                error = refused
                workflow.refresh_from_db()
            else:
                if do == "publish":
                    return to_page("publish", workflow)
                messages.success(request, "Draft saved.")
                return to_page("edit", workflow)
        else:
            draft = changed(draft, do)
    return _form(request, workflow, draft, revision=revision, name=name, error=error)


def live_values(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Answer what the posted form's fields become, as JSON.

    `{"values": {control: {text, error, empty}}, "problems": {control: [message]}, "times": html}`.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require_permission(request, Permission.EDIT_WORKFLOWS)
    draft = read_definition(request.POST, workflow.draft)
    definition, problems = _parsed(draft)
    values: dict[str, preview.Resolved] = {}
    if definition is not None:
        problems = services.problems_of(workflow, definition)
        values = _values(definition, workflow, request.POST.get("event", SAMPLE))
    by_field = _by_field(draft, problems)
    shown = _told_once(values, by_field)
    return JsonResponse(
        {
            "values": {name: _told(value) for name, value in shown.items()},
            "problems": by_field,
            "times": render_to_string(
                "console/next_times.html", {"next_times": next_times.of_definition(draft)}
            ),
        }
    )


def _elsewhere(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Lead to where a draft is edited that the form can't show; what was posted is not taken."""
    posted = request.method == "POST"
    return page(
        request,
        "console/not_plain.html",
        title=f"Edit “{workflow.name}”",
        workflow=workflow,
        summary=summarise(workflow, workflow.draft),
        error="What you typed was not saved: the draft has got branches since." if posted else "",
        status=409 if posted else 200,
    )


def _told(value: preview.Resolved) -> dict[str, Any]:
    error = f"{value.error} {value.remedy}".strip()
    return {"text": value.text, "error": error, "empty": value.empty, "note": value.note}


def _form(
    request: HttpRequest,
    workflow: Workflow,
    draft: dict[str, Any],
    *,
    revision: int,
    name: str,
    error: ServiceError | None,
) -> HttpResponse:
    definition, problems = _parsed(draft)
    connections = list(workflow.workspace.connections.usable().order_by("name"))
    events = _events(definition, connections)
    event = request.POST.get("event") or request.GET.get("event") or _usual_event(definition, events)
    offers: list[preview.Offer] = []
    if definition is not None:
        problems = services.problems_of(workflow, definition)
        scope = _scope(definition, workflow, event)
        offers = list(preview.offers(definition, scope)) if scope else []
    off = switched_off()
    by_field = _by_field(draft, problems)
    catalog = registry.within(workflow.workspace_id)
    return page(
        request,
        "console/edit.html",
        title=f"Edit “{workflow.name}”",
        workflow=workflow,
        name=name,
        revision=revision,
        draft=draft,
        notes=draft.get("notes", ""),
        steps=step_forms(draft),
        options=option_rows(draft),
        next_times=next_times.of_definition(draft),
        problems=problems,
        by_field=by_field,
        values=_told_once(_values(definition, workflow, event), by_field) if definition else {},
        offers=_grouped(offers),
        events=events,
        event=event,
        connections=connections,
        trigger_app=_app_of(draft.get("trigger", {}).get("trigger", "")),
        triggers=trigger_groups(catalog, off - {draft.get("trigger", {}).get("trigger")}),
        actions=action_groups(catalog, off),
        operators=operator_choices(),
        row_types=ROW_TYPES,
        error=error,
        unsaved=(draft, name) != (workflow.draft, workflow.name),
        stale=isinstance(error, Conflict) and error.code == "stale_draft",
        status=409 if isinstance(error, Conflict) else 400 if error else 200,
    )


def _parsed(draft: Mapping[str, Any]) -> tuple[Definition | None, list[Problem]]:
    try:
        return parse(draft), []
    except InvalidDefinitionError as error:
        return None, list(error.problems)


def _scope(definition: Definition, workflow: Workflow, event: str) -> dict[str, Any] | None:
    try:
        return preview.scope_of(definition, _payload(definition, workflow, event))
    except registry.UnknownKeyError:
        return None


def _values(definition: Definition, workflow: Workflow, event: str) -> dict[str, preview.Resolved]:
    scope = _scope(definition, workflow, event)
    return preview.resolve_all(definition, scope) if scope else {}


def _told_once(
    values: Mapping[str, preview.Resolved], by_field: Mapping[str, list[str]]
) -> dict[str, preview.Resolved]:
    """Leave out the errors of fields whose problem is told anyway."""
    return {name: value for name, value in values.items() if not (value.error and name in by_field)}


def _payload(definition: Definition, workflow: Workflow, event: str) -> Mapping[str, Any]:
    """Return the chosen past delivery's payload, else the trigger's sample. Raises `UnknownKeyError`."""
    past = past_payload(workflow, event) if event != SAMPLE else None
    return sample_payload(definition) if past is None else past


def _usual_event(definition: Definition | None, events: list[tuple[str, str]]) -> str:
    """Return the event that is shown unasked: the newest where only events tell the fields."""
    trigger = trigger_of(definition)
    learns = trigger is not None and preview.learns(trigger)
    return events[1][0] if learns and len(events) > 1 else SAMPLE


def _events(definition: Definition | None, connections: list[Connection]) -> list[tuple[str, str]]:
    """List what the values can be shown for: the sample and the newest deliveries of this trigger."""
    choices = [(SAMPLE, "Sample event")]
    trigger = trigger_of(definition)
    if definition is None or trigger is None:
        return choices
    chosen = [each.pk for each in connections if str(each.code) == definition.trigger.connection]
    past = past_deliveries(trigger, chosen)
    choices += [
        (str(each.code), f"{each.received_at:%d %b %H:%M} UTC · {each.event_id}")
        for each in past.only("code", "received_at", "event_id")[:PAST_DELIVERIES]
    ]
    return choices


def _by_field(draft: Mapping[str, Any], problems: list[Problem]) -> dict[str, list[str]]:
    """Return the problems by the name of the control that they are about."""
    index = {step.get("id"): number for number, step in enumerate(draft.get("steps", ()))}
    found: dict[str, list[str]] = {}
    for problem in problems:
        parts = problem.path.split(".")
        if parts[:2] == ["trigger", "options"] and problem.code != "unknown_option":
            found.setdefault(f"{OPTION_PREFIX}{problem.field}", []).append(problem.message)
        elif parts[0] == "trigger":
            found.setdefault("trigger", []).append(problem.message)
        elif len(parts) > 1 and parts[1] in index:
            prefix = f"s{index[parts[1]]}-"
            # Inside an object or a list it is told at the field as a whole.
            name = (
                f"{prefix}f-{problem.field.partition('.')[0]}"
                if problem.field and "inputs" in parts
                else f"{prefix}step"
            )
            found.setdefault(name, []).append(problem.message)
        else:
            found.setdefault("workflow", []).append(problem.message)
    return found


def _grouped(offers: list[preview.Offer]) -> list[tuple[str, list[preview.Offer]]]:
    groups: dict[str, list[preview.Offer]] = {}
    for offer in offers:
        groups.setdefault(offer.group, []).append(offer)
    return list(groups.items())


def _app_of(trigger_ref: str) -> App | None:
    try:
        return registry.get_trigger(trigger_ref)[0]
    except registry.UnknownKeyError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
