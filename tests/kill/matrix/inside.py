"""What the matrix has done inside the product, through its services."""


def write_mail_step() -> None:
    """Write the workflow whose step must never be repeated: a transactional mail has no key."""
    from apps.workflows.models import Workflow
    from apps.workflows.services import save_draft
    from apps.workspaces.access import Actor

    workflow = Workflow.objects.get(name="Mail")
    email = {"template": "{{ trigger.customer_email }}"}
    (action,) = workflow.draft["steps"]
    inputs = {"transactional_message_id": {"value": "3"}, "to": email, "identifiers_email": email}
    draft = {**workflow.draft, "steps": [{**action, "inputs": inputs}]}
    save_draft(workflow, actor=Actor.system("matrix"), definition=draft, revision=workflow.draft_revision)
