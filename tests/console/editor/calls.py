"""What the tests of the editor's API share."""

import json
from typing import Any

from django.db.models import Model
from django.test import Client

TRIGGER = "stripe.trigger-invoice-payment-failed"
SAMPLE = {"source": "sample"}


def api(workflow: Model, path: str) -> str:
    """Return the address of a call."""
    return f"/admin/workflows/workflow/{workflow.pk}/editor/api/{path}"


def get(client: Client, workflow: Model, path: str, **query: str) -> Any:
    """Return what a GET answers; it must be answered."""
    response = client.get(api(workflow, path), query)
    assert response.status_code == 200, response.content
    return response.json()


def post(client: Client, workflow: Model, path: str, body: Any, *, status: int = 200) -> Any:
    """Return what a POST answers with this status."""
    response = client.post(api(workflow, path), json.dumps(body), content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()


def definition(*steps: dict[str, Any], trigger: str = TRIGGER, connection: str = "") -> dict[str, Any]:
    """Return a definition of these steps."""
    return {
        "schema": 1,
        "trigger": {"id": "trigger", "trigger": trigger, "connection": connection, "options": {}},
        "steps": list(steps),
        "notes": "",
    }


def action(step_id: str, ref: str = "customerio.track-event", **inputs: Any) -> dict[str, Any]:
    """Return an action step; texts with braces are templates, all else fixed values."""
    made = {
        key: {"template": value} if isinstance(value, str) and "{{" in value else {"value": value}
        for key, value in inputs.items()
    }
    return {"id": step_id, "kind": "action", "name": step_id.capitalize(), "action": ref, "inputs": made}


def leaf(left: str, op: str, right: Any = None) -> dict[str, Any]:
    """Return a comparison."""
    made: dict[str, Any] = {"left": {"template": f"{{{{ {left} }}}}"}, "op": op}
    return made if right is None else {**made, "right": {"value": right}}


def asked(steps: dict[str, Any], step: str, **more: Any) -> dict[str, Any]:
    """Return the body of a preview on the sample event."""
    return {"definition": steps, "event": SAMPLE, "step": step, **more}
