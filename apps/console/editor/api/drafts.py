"""The draft: what it is, saving it, and the workflow's name."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from apps.common.errors import Conflict
from apps.connections.models import Connection
from apps.console.editor.calling import Call, Route, refused
from apps.console.editor.page import facts_of
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workspaces.models import Membership
from apps.workspaces.roles import Permission

PRICES = ("input_price", "output_price")
"""The settings of a connection that say what its usual language model costs."""


def state(call: Call) -> dict[str, Any]:
    """Answer everything that the editor begins with."""
    workflow = call.workflow
    rows = workflow.workspace.connections.usable().order_by("name")
    members = Membership.objects.filter(workspace=workflow.workspace).select_related("user")
    return {
        "workflow": {**facts_of(workflow), "live": _live(workflow)},
        "draft": workflow.draft,
        **saved_json(workflow),
        "connections": [
            {**connection_json(row), "mine": row.created_by_id == call.request.user.pk} for row in rows
        ],
        "members": [
            {"email": each.user.email, "name": each.user.get_full_name() or each.user.get_username()}
            for each in members
            if each.user.is_active
        ],
    }


def save(call: Call) -> dict[str, Any] | HttpResponse:
    """Save the draft; a stale revision is a 409 that carries the newer draft and what it changed."""
    try:
        workflow = services.save_draft(
            call.workflow,
            actor=call.actor,
            definition=call.object("definition"),
            revision=call.number("revision"),
        )
    except Conflict as error:
        if error.code != "stale_draft":
            raise
        return _stale(call.workflow, error)
    return saved_json(workflow)


def rename(call: Call) -> dict[str, Any]:
    """Give the workflow another name."""
    return {
        "workflow": facts_of(
            services.rename_workflow(call.workflow, actor=call.actor, name=call.text("name"))
        )
    }


def connection_json(row: Connection) -> dict[str, Any]:
    """Return a connection as the picker shows it; nothing of its keys."""
    return {
        "code": str(row.code),
        "name": row.name,
        "app": row.app,
        "status": row.status,
        "sandbox": row.sandbox,
        "label": row.label,
        "url": reverse("admin:connections_connection_change", args=[row.pk]),
        "model": _model_json(row),
    }


def _model_json(row: Connection) -> dict[str, Any] | None:
    """Return a connection's usual language model with its prices, in US dollars for a million tokens."""
    if not row.values.keys() & {"model", *PRICES}:
        return None
    return {"name": row.values.get("model", ""), **{key: _price(row.values.get(key)) for key in PRICES}}


def _price(text: str | None) -> float | None:
    return float(text) if text else None


def saved_json(workflow: Workflow) -> dict[str, Any]:
    """Return when and by whom the draft was saved, and what is wrong with it."""
    who = workflow.draft_saved_by
    return {
        "revision": workflow.draft_revision,
        "saved_at": workflow.draft_saved_at.isoformat(),
        "saved_by": who.get_username() if who else "",
        "problems": [problem.as_dict() for problem in services.validate_draft(workflow)],
    }


def _stale(workflow: Workflow, error: Conflict) -> HttpResponse:
    who = workflow.draft_saved_by
    return refused(
        error,
        409,
        draft=workflow.draft,
        revision=workflow.draft_revision,
        saved_by=who.get_username() if who else "",
        changes=[detail["message"] for detail in error.details],
    )


def _live(workflow: Workflow) -> dict[str, Any] | None:
    version = workflow.live_version
    if version is None:
        return None
    who = version.published_by
    return {
        "number": version.number,
        "published_at": version.published_at.isoformat(),
        "published_by": who.get_username() if who else "",
    }


ROUTES = (
    Route("GET", "state", Permission.VIEW, state),
    Route("POST", "draft", Permission.EDIT_WORKFLOWS, save),
    Route("POST", "rename", Permission.EDIT_WORKFLOWS, rename),
)
