"""Logic steps for runs of the tests, with the connections of their world."""

from typing import Any

from apps.workflows.models import Workflow
from tests.runs.conftest import World


def value(plain: Any) -> dict[str, Any]:
    return {"value": plain}


def template(text: str) -> dict[str, Any]:
    return {"template": text}


def create(step_id: str = "create", amount: str = "{{ trigger.amount }}") -> dict[str, Any]:
    """Create something under a key."""
    return {
        "id": step_id,
        "kind": "action",
        "name": f"Create {step_id}",
        "action": "stripe.create-thing",
        "inputs": {"amount": template(amount)},
    }


def track(step_id: str = "tell", name: str = "{{ trigger.description }}") -> dict[str, Any]:
    """Track an event, which has an id of its own."""
    return {
        "id": step_id,
        "kind": "action",
        "name": f"Track {step_id}",
        "action": "customerio.track-event",
        "inputs": {"identifier": value("ada@example.com"), "name": template(name)},
    }


def for_each(*steps: dict[str, Any], items: Any = ("a", "b", "c"), **facts: Any) -> dict[str, Any]:
    """Run the steps for each of these items."""
    return {
        "id": "loop",
        "kind": "for_each",
        "name": "Each one",
        "items": value(list(items)),
        "steps": list(steps),
        **facts,
    }


def approval(**facts: Any) -> dict[str, Any]:
    """Ask Ann."""
    return {
        "id": "ask",
        "kind": "approval",
        "name": "May we?",
        "message": template("Charge {{ trigger.amount }}?"),
        "approvers": [{"email": "ann@example.com"}],
        "deadline": {"amount": 2, "unit": "days"},
        **facts,
    }


def wait(**facts: Any) -> dict[str, Any]:
    """Wait for a request."""
    return {
        "id": "wait",
        "kind": "wait_webhook",
        "name": "The shop answers",
        "deadline": {"amount": 1, "unit": "hours"},
        **facts,
    }


def delay(seconds: int = 3600, **facts: Any) -> dict[str, Any]:
    """Wait a while."""
    return {
        "id": "pause",
        "kind": "delay",
        "name": "A while",
        "mode": "for",
        "amount": value(seconds),
        "unit": "seconds",
        **facts,
    }


def code(text: str, step_id: str = "compute", **inputs: Any) -> dict[str, Any]:
    """Run Python."""
    return {"id": step_id, "kind": "code", "name": "Compute", "code": text, "inputs": inputs}


def workflow(world: World, *steps: dict[str, Any]) -> Workflow:
    """Publish a workflow; each action, however deep, gets the connection of its app."""
    return world.workflow(*(connected(world, step) for step in steps))


def connected(world: World, step: Any) -> Any:
    if isinstance(step, list):
        return [connected(world, each) for each in step]
    if not isinstance(step, dict):
        return step
    inner = {key: connected(world, each) for key, each in step.items() if key != "inputs"}
    if step.get("kind") != "action":
        return {**step, **inner}
    account = {"stripe": world.stripe, "customerio": world.customerio}[step["action"].split(".")[0]]
    return {"connection": str(account.code), **step, **inner}
