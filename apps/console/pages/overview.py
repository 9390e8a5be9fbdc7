"""A workflow's page: what it does, whether it is live, and what it did lately."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.common import look
from apps.connections import presenting
from apps.connections.addresses import by_hand
from apps.connections.forms import SecretForm
from apps.connections.models import Connection, Endpoint
from apps.connections.schemes import is_unverified, scheme_of
from apps.connections.standing import is_internal
from apps.console import next_times
from apps.console.pages import policies
from apps.console.pages.frame import page
from apps.console.summary import is_plain, summarise
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
        is_plain=is_plain(workflow.draft),
        is_live=workflow.status in (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED),
        secret_form=SecretForm(),
        webhook=_webhook(workflow.trigger_connection),
        next_times=next_times.of_workflow(workflow),
        policies=policies.shown(workflow),
        runs=[_run(run) for run in workflow.runs.order_by("-pk")[:LATEST_RUNS]],
        versions=workflow.versions.select_related("published_by")[:LATEST_VERSIONS],
    )


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
