"""A workflow's page: what it does, whether it is live, and what it did lately."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.catalog import registry
from apps.common import look
from apps.connections import presenting
from apps.connections.addresses import by_hand
from apps.connections.forms import SecretForm
from apps.connections.models import Connection, Endpoint
from apps.connections.schemes import is_unverified, scheme_of
from apps.connections.standing import is_internal
from apps.console import next_times
from apps.console.pages.frame import page
from apps.workflows import services
from apps.workflows.changes import describe_changes
from apps.workflows.models import Workflow

LATEST_RUNS = 10
LATEST_VERSIONS = 20


def overview(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Show the workflow. Everything that changes it is a button that posts."""
    live = workflow.live_version
    changes = describe_changes(live.definition, workflow.draft) if live else []
    return page(
        request,
        "console/workflow.html",
        title=workflow.name,
        workflow=workflow,
        summary=summarise(workflow, workflow.draft),
        problems=services.validate_draft(workflow),
        changes=changes,
        is_live=workflow.status in (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED),
        secret_form=SecretForm(),
        webhook=_webhook(workflow.trigger_connection),
        next_times=next_times.of_workflow(workflow),
        runs=[_run(run) for run in workflow.runs.order_by("-pk")[:LATEST_RUNS]],
        versions=workflow.versions.select_related("published_by")[:LATEST_VERSIONS],
    )


def summarise(workflow: Workflow, definition: dict[str, Any]) -> list[dict[str, Any]]:
    """Return trigger and steps in words, one row each."""
    codes = [definition.get("trigger", {}).get("connection", "")]
    codes += [step.get("connection", "") for step in definition.get("steps", ())]
    named = services.connections_named(workflow.workspace, [code for code in codes if code])
    rows = [_trigger_row(definition.get("trigger", {}), named)]
    rows += [_step_row(step, named) for step in definition.get("steps", ())]
    return rows


def _trigger_row(trigger: dict[str, Any], named: dict[str, Connection]) -> dict[str, Any]:
    try:
        app, spec = registry.get_trigger(trigger.get("trigger", ""))
    except registry.UnknownKeyError:
        return {"kind": "When", "what": "An unknown trigger", "connection": None}
    return {
        "kind": "When",
        "what": f"{spec.name} in {app.name}",
        "connection": named.get(trigger.get("connection", "")),
        "detail": spec.description,
    }


def _step_row(step: dict[str, Any], named: dict[str, Connection]) -> dict[str, Any]:
    if step["kind"] == "filter":
        return {"kind": "Only if", "what": step["name"], "connection": None, "detail": ""}
    try:
        app, action = registry.get_action(step["action"])
        what, plain = f"{action.name} in {app.name}", action.name
    except registry.UnknownKeyError:
        what = plain = step["action"]
    return {
        "kind": "Then, if needed," if step.get("run_if") else "Then",
        "what": what,
        "connection": named.get(step.get("connection", "")),
        "detail": step["name"] if step["name"] not in (what, plain) else "",
    }


def _webhook(connection: Connection | None) -> dict[str, Any] | None:
    endpoint = Endpoint.objects.filter(connection=connection).first() if connection else None
    if connection is None or endpoint is None or is_internal(connection):
        return None
    endpoint.connection = connection
    return {
        "endpoint": endpoint,
        "by_hand": by_hand(endpoint) if endpoint.state == Endpoint.State.BY_HAND else None,
        "badge": presenting.endpoint_badge(endpoint),
        "unverified": is_unverified(connection),
        "catches": (scheme := scheme_of(connection)) is not None and scheme.pack is not None,
        "last": look.when(endpoint.last_delivery_at) if endpoint.last_delivery_at else "Nothing yet",
        "page": reverse("admin:connections_connection_change", args=[connection.pk]),
    }


def _run(run: Any) -> dict[str, Any]:
    return {
        "run": run,
        "badge": look.badge(run.status, run.get_status_display()),
        "received": look.when(run.received_at),
        "page": reverse("admin:runs_run_change", args=[run.pk]),
    }
