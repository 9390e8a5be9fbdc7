"""Past events of a draft's trigger: the newest in a list, and each as its masked payload."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404

from apps.catalog import registry
from apps.common.masking import mask_json
from apps.console.editor.calling import Call, Route
from apps.console.past_events import past_deliveries, past_payload, payload_of
from apps.console.preview import event_data
from apps.runs.models import Run
from apps.runs.search import runs_found_by
from apps.webhooks.models import Delivery
from apps.workflows.engine.definition import TriggerPart
from apps.workflows.services import connections_named
from apps.workspaces.roles import Permission

MOST = 25
MOST_SEARCHED = 100
TOLD_BY = ("email", "amount", "status", "name", "description", "event_name")
"""Semantics of the fields that a line about an event tells, in this order."""

MOST_TOLD = 3
MOST_WORDS = 40


def events(call: Call) -> dict[str, Any]:
    """Answer the newest deliveries that the draft's trigger runs for.

    `?trigger=` and `?connection=` take the place of the saved draft's. `?search=` is
    an event's id or type in part; an e-mail or a provider's id whole.
    """
    saved = call.workflow.draft.get("trigger", {})
    ref = call.query.get("trigger", saved.get("trigger", ""))
    code = call.query.get("connection", saved.get("connection", ""))
    found = connections_named(call.workflow.workspace, [code]).get(code)
    try:
        _, trigger = registry.get_trigger(ref)
    except registry.UnknownKeyError:
        return {"events": []}
    if found is None:
        return {"events": []}
    rows = past_deliveries(trigger, [found.pk])
    words = call.query.get("search", "").strip()[:200]
    if words:
        runs = Run.objects.filter(workspace=call.workflow.workspace_id)
        runs = runs.filter(runs_found_by(words, call.workflow.workspace))
        rows = rows.filter(
            Q(event_id__icontains=words) | Q(event_type__icontains=words) | Q(pk__in=runs.values("delivery"))
        )
    part = TriggerPart(trigger=ref, options=_options(saved, ref))
    return {"events": [_line(each, part) for each in rows[:MOST]]}


def event(call: Call) -> dict[str, Any]:
    """Answer the payload of one of the workspace's deliveries, with secrets masked."""
    try:
        code = str(UUID(call.named["code"]))
    except ValueError:
        raise Http404("There is no such event.") from None
    payload = past_payload(call.workflow, code)
    if payload is None:
        raise Http404("This event is not kept any more.")
    return {"payload": mask_json(payload)}


def _options(saved: dict[str, Any], ref: str) -> dict[str, Any]:
    options = saved.get("options", {})
    return dict(options) if saved.get("trigger") == ref and isinstance(options, dict) else {}


def _line(delivery: Delivery, part: TriggerPart) -> dict[str, Any]:
    return {
        "code": str(delivery.code),
        "event_id": delivery.event_id,
        "type": delivery.event_type,
        "at": delivery.received_at.isoformat(),
        "summary": _summary(delivery, part),
    }


def _summary(delivery: Delivery, part: TriggerPart) -> str:
    """Say what the event is about: whose it is, and how much."""
    payload = payload_of(delivery)
    if payload is None:
        return "No longer kept"
    _, trigger = registry.get_trigger(part.trigger)
    try:
        data = event_data(part, payload)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""
    meaning = {field.semantic.value: field.key for field in reversed(trigger.fields) if field.semantic}
    keys = [meaning[each] for each in TOLD_BY if each in meaning]
    told = [str(data[key])[:MOST_WORDS] for key in keys if data.get(key) not in (None, "")]
    return " · ".join(told[:MOST_TOLD])


ROUTES = (
    Route("GET", "events", Permission.VIEW, events),
    Route("GET", "events/<code>", Permission.VIEW, event),
)
