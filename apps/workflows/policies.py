"""What a workflow does when it only fails, and whether its silence is reported: two switches of its page."""

from django.db import transaction

from apps.common.errors import ValidationFailed
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

MOST_FAILURES = 1000


def set_policies(
    workflow: Workflow, *, actor: Actor, pause_after_failures: int, silence_alarm: bool
) -> Workflow:
    """Store after how many failed runs in a row the workflow is paused (0: never), and the silence alarm.

    Both count at once, without publishing. Raises `ValidationFailed` for a number out of range.
    """
    require(actor, workflow.workspace, Permission.PUBLISH)
    if not 0 <= pause_after_failures <= MOST_FAILURES:
        raise ValidationFailed(
            f"A workflow can be paused after 1 to {MOST_FAILURES:,} failed runs in a row; 0 means never.",
            code="out_of_range",
            field="pause_after_failures",
        )
    after = {"pause_after_failures": pause_after_failures, "silence_alarm": silence_alarm}
    with transaction.atomic():
        before = {key: getattr(workflow, key) for key in after}
        if before != after:
            Workflow.objects.filter(pk=workflow.pk).update(**after)
            audit.record(
                workflow.workspace,
                actor=actor,
                verb="workflow.policies_changed",
                target=workflow,
                before=before,
                after=after,
            )
    workflow.refresh_from_db()
    return workflow
