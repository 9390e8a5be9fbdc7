"""What the editor's API answers about tests of the draft and its test cases."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404

from apps.common.errors import ValidationFailed
from apps.console.editor.calling import Call, Route
from apps.console.editor.testing.asked import Asked, read_asked, read_definition
from apps.console.editor.testing.cases import case_json, keep_case, run_cases
from apps.console.editor.testing.dry import run_dry
from apps.console.editor.testing.looking import find_test, look
from apps.console.editor.testing.real import plan, start_real
from apps.workflows import cases
from apps.workflows.engine.definition import Definition
from apps.workflows.models import WorkflowCase
from apps.workflows.own import with_own_connections
from apps.workspaces.roles import Permission

DRY, REAL = "dry", "real"


def planned(call: Call) -> dict[str, Any]:
    """Answer what a real test would do outside, and what stands against it; nothing is called."""
    return plan(_asked(call), actor=call.actor).as_json()


def test(call: Call) -> dict[str, Any]:
    """Test the draft: dry in this process, or for real by the worker."""
    asked = _asked(call)
    mode = call.text("mode", default=DRY)
    if mode == DRY:
        return run_dry(asked, actor=call.actor).as_json()
    if mode != REAL:
        raise ValidationFailed("A test is “dry” or “real”.", code="malformed", field="mode")
    run = start_real(asked, actor=call.actor, confirmed=_confirmed(call))
    return {"run": {"code": str(run.code), "url": run.get_absolute_url()}}


def _confirmed(call: Call) -> str:
    """Return the digest of the plan that was agreed to; nothing else is an agreement."""
    given = call.body.get("confirmed")
    return given if isinstance(given, str) else ""


def looked_at(call: Call) -> dict[str, Any]:
    """Answer how a real test stands."""
    return look(find_test(call.workflow, call.named["code"]))


def listed(call: Call) -> dict[str, Any]:
    """Answer the test cases of the workflow."""
    found = call.workflow.cases.select_related("created_by")
    return {"cases": [case_json(case) for case in found], "most": cases.MAX_CASES}


def kept(call: Call) -> dict[str, Any]:
    """Keep a dry test as a case."""
    asked = _asked(call)
    return {"case": case_json(keep_case(asked, actor=call.actor, name=call.text("name")))}


def changed(call: Call) -> dict[str, Any]:
    """Rename or delete a case: `{"name"}` or `{"delete": true}`."""
    case = _case(call)
    if call.flag("delete"):
        cases.delete_case(case, actor=call.actor)
        return {"deleted": call.named["code"]}
    return {"case": case_json(cases.rename_case(case, actor=call.actor, name=call.text("name")))}


def ran(call: Call) -> list[dict[str, Any]]:
    """Run every case on the draft that was posted, or on the saved one."""
    given = call.body.get("definition")
    definition = _completed(call, read_definition(given)) if given is not None else None
    return [result.as_json() for result in run_cases(call.workflow, definition)]


def _asked(call: Call) -> Asked:
    asked = read_asked(call.workflow, call.body)
    return replace(asked, definition=_completed(call, asked.definition))


def _completed(call: Call, definition: Definition) -> Definition:
    """Return the draft as saving it would: with the workspace's own connections filled in."""
    return with_own_connections(definition, call.workflow.workspace, actor=call.actor)


def _case(call: Call) -> WorkflowCase:
    try:
        code = UUID(call.named["code"])
    except ValueError:
        raise Http404("There is no such test case.") from None
    found = call.workflow.cases.select_related("workflow__workspace", "created_by").filter(code=code).first()
    if found is None:
        raise Http404("There is no such test case.")
    return found


ROUTES = (
    Route("POST", "test/plan", Permission.EDIT_WORKFLOWS, planned),
    Route("POST", "test", Permission.EDIT_WORKFLOWS, test),
    Route("GET", "test/<code>", Permission.VIEW, looked_at),
    Route("GET", "cases", Permission.VIEW, listed),
    Route("POST", "cases", Permission.EDIT_WORKFLOWS, kept),
    Route("POST", "cases/run", Permission.EDIT_WORKFLOWS, ran),
    Route("POST", "cases/<code>", Permission.EDIT_WORKFLOWS, changed),
)
