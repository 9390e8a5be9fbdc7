"""The history: the versions, one of them, what differs between two, and going back."""

from typing import Any

from django.http import Http404

from apps.common.errors import ValidationFailed
from apps.console.editor.api.drafts import saved_json
from apps.console.editor.calling import Call, Route
from apps.workflows import history
from apps.workflows.changes import describe_changes
from apps.workflows.marks import marks
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.roles import Permission

DRAFT, LIVE = "draft", "live"


def listing(call: Call) -> dict[str, Any]:
    """Answer the newest versions with what each changed; those below the number `before`, where given."""
    before = call.query.get("before")
    below = _number(before) if before is not None else None
    found = history.entries(call.workflow, below=below)
    live = call.workflow.live_version_id
    return {
        "versions": [
            {**_told(each.version), "changes": list(each.changes), "live": each.version.pk == live}
            for each in found
        ],
        "draft": {
            "saved_at": call.workflow.draft_saved_at.isoformat(),
            "saved_by": _name(call.workflow.draft_saved_by),
            "changes": _unpublished(call.workflow),
        },
    }


def one(call: Call) -> dict[str, Any]:
    """Answer one version with its definition."""
    version = _version(call.workflow, call.named["number"])
    return {**_told(version), "definition": version.definition}


def compare(call: Call) -> dict[str, Any]:
    """Answer what differs between two states: numbers, or "draft" and "live"."""
    before = _state(call.workflow, call.query.get("a", LIVE))
    after = _state(call.workflow, call.query.get("b", DRAFT))
    return {
        "before": before,
        "after": after,
        "changes": describe_changes(before, after),
        "marks": marks(before, after),
    }


def restore(call: Call) -> dict[str, Any]:
    """Make a version the draft; answers like saving, with the draft as it is now."""
    number = _number(call.named["number"])
    _version(call.workflow, call.named["number"])
    workflow = history.restore_version(
        call.workflow, number, actor=call.actor, revision=call.number("revision")
    )
    return {"draft": workflow.draft, **saved_json(workflow)}


def _told(version: WorkflowVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": version.published_at.isoformat(),
        "published_by": _name(version.published_by),
        "note": version.note,
    }


def _unpublished(workflow: Workflow) -> list[str]:
    live = workflow.live_version
    return describe_changes(live.definition, workflow.draft) if live else []


def _state(workflow: Workflow, name: str) -> dict[str, Any]:
    if name == DRAFT:
        found: dict[str, Any] = workflow.draft
    elif name == LIVE:
        if workflow.live_version is None:
            raise Http404("This workflow has never been published.")
        found = workflow.live_version.definition
    else:
        found = _version(workflow, name).definition
    return found


def _version(workflow: Workflow, number: str) -> WorkflowVersion:
    try:
        return history.find_version(workflow, _number(number))
    except WorkflowVersion.DoesNotExist:
        raise Http404(f"“{workflow}” has no version {number}.") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise ValidationFailed("A version is named by its number.", code="malformed", field="number")
    return int(text)


def _name(user: Any) -> str:
    return user.get_username() if user else ""


ROUTES = (
    Route("GET", "versions", Permission.VIEW, listing),
    Route("GET", "versions/<number>", Permission.VIEW, one),
    Route("GET", "compare", Permission.VIEW, compare),
    Route("POST", "versions/<number>/restore", Permission.EDIT_WORKFLOWS, restore),
)
