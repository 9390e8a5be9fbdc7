"""What the benchmark has done inside the product, through its services."""

import json
import sys
from typing import Any


def make_workspace(name: str) -> None:
    """Make a workspace of the benchmark's."""
    from apps.workspaces.access import Actor
    from apps.workspaces.services import create_workspace

    create_workspace(actor=Actor.system("benchmark"), name=name)


def write_steps(name: str) -> None:
    """Write the workflow that is measured: a filter, and a tracked event of six mapped fields."""
    from apps.workflows.models import Workflow
    from apps.workflows.services import save_draft
    from apps.workspaces.access import Actor

    def field(key: str) -> dict[str, str]:
        return {"template": f"{{{{ trigger.{key} }}}}"}

    workflow = Workflow.objects.get(name=name)
    leaf = {"left": field("amount_due"), "op": "greater_than", "right": {"value": 0}}
    only = {"id": "only", "kind": "filter", "name": "Only if", "condition": {"all": [leaf]}}
    data = ("number", "amount_due", "currency", "customer_name", "hosted_invoice_url")
    (action,) = workflow.draft["steps"]
    track = {
        **action,
        "inputs": {
            "identifier": field("customer_email"),
            "name": {"value": "invoice_payment_failed"},
            "data": {"object": {key: field(key) for key in data}},
        },
    }
    draft: dict[str, Any] = {**workflow.draft, "steps": [only, track]}
    save_draft(workflow, actor=Actor.system("benchmark"), definition=draft, revision=workflow.draft_revision)


def tell(value: object) -> None:
    """Print a value for the process that asked."""
    sys.stdout.write(f"{json.dumps(value)}\n")
