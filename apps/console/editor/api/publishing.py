"""Publishing from the editor: the checklist, the difference from what is live, and the act."""

from typing import Any

from django.conf import settings

from apps.console import next_times
from apps.console.editor.api.drafts import connection_json
from apps.console.editor.calling import Call, Route
from apps.console.editor.page import facts_of
from apps.console.going_live import next_step, webhook_plan
from apps.workflows import privileged, publishing, services
from apps.workflows.changes import describe_changes
from apps.workflows.engine.definition import ApprovalStep, Step, WaitWebhookStep, parse
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.marks import marks
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission


def checklist(call: Call) -> dict[str, Any]:
    """Answer what stands between the draft and going live, and what would change by it."""
    workflow, live = call.workflow, call.workflow.live_version
    refused = privileged.refusal_of_draft(workflow, actor=call.actor)
    return {
        "revision": workflow.draft_revision,
        "live": live.number if live else None,
        "problems": [problem.as_dict() for problem in services.validate_draft(workflow)],
        "warnings": _warnings(workflow),
        "refused": {"message": refused.message, "remedy": refused.remedy} if refused else None,
        "connections": _connections(workflow),
        "changes": describe_changes(live.definition, workflow.draft) if live else [],
        "marks": marks(live.definition, workflow.draft) if live else {},
        "webhook": _webhook(workflow),
        "schedule": _schedule(workflow),
    }


def publish(call: Call) -> dict[str, Any]:
    """Publish exactly the revision that was shown."""
    version = publishing.publish(
        call.workflow, actor=call.actor, note=call.text("note", default=""), revision=call.number("revision")
    )
    workflow = call.workflow
    return {
        "number": version.number,
        "next_step": next_step(workflow),
        "workflow": facts_of(workflow),
        "live": {
            "number": version.number,
            "published_at": version.published_at.isoformat(),
            "published_by": call.actor.user.get_username() if call.actor.user else "",
        },
    }


def _connections(workflow: Workflow) -> list[dict[str, Any]]:
    try:
        codes = parse(workflow.draft).connections()
    except InvalidDefinitionError:
        return []
    named = services.connections_named(workflow.workspace, codes)
    return [connection_json(named[code]) for code in sorted(named, key=lambda code: named[code].name)]


def _warnings(workflow: Workflow) -> list[dict[str, str]]:
    """Return what does not keep the draft from going live, and should be known: `{"step_id", "message"}`."""
    if settings.PUBLIC_URL:
        return []
    try:
        steps = list(parse(workflow.draft).walk())
    except InvalidDefinitionError:
        return []
    told = "PUBLIC_URL is not set, so only this machine reaches"
    return [
        {"step_id": step.id, "message": f"Step “{step.name}”: {told} {what}."}
        for step in steps
        if not step.disabled and (what := _leads_here(step))
    ]


def _leads_here(step: Step) -> str:
    """Return which address of the step's people or systems elsewhere must reach; "" where none."""
    if isinstance(step, WaitWebhookStep):
        return "the address at which it waits"
    if isinstance(step, ApprovalStep) and step.connection:
        return "the links in its mails; decide it in the admin"
    return ""


def _webhook(workflow: Workflow) -> dict[str, Any] | None:
    """Return in one sentence what happens to the webhook, and its event types."""
    plan = webhook_plan(workflow)
    if plan is None:
        return None
    app, connection = plan["app"].name, plan["connection"].name
    by_hand = "the webhook is registered by hand: the workflow's page then shows its address."
    if plan["registered"]:
        told = f"{app} already sends these events to “{connection}”; nothing changes there."
    elif plan["connection"].sandbox:
        told = "The sandbox registers it by itself."
    elif plan["catches"]:
        told = f"Nothing is registered: whoever is given the address of “{connection}” sends requests there."
    elif plan["by_hand"] and plan["not_public"]:
        told = f"{plan['not_public']}, so {by_hand}"
    elif plan["by_hand"]:
        told = by_hand[0].upper() + by_hand[1:]
    else:
        told = f"Tandem registers its address at {app} for “{connection}”."
    return {"told": told, "event_types": list(plan["event_types"]), "unverified": plan["unverified"]}


def _schedule(workflow: Workflow) -> dict[str, Any] | None:
    due = next_times.of_definition(workflow.draft)
    return {"zone": due.zone, "times": list(due.times)} if due else None


ROUTES = (
    Route("GET", "publish", Permission.VIEW, checklist),
    Route("POST", "publish", Permission.PUBLISH, publish),
)
