"""How long a workflow's runs are kept, and which fields their log never shows."""

import re
from collections.abc import Collection

from django.db import transaction

from apps.common.errors import ValidationFailed
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import LONGEST_KEEP_DAYS
from apps.workspaces.roles import Permission

MAX_NAMES = 40
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.\-]{0,79}")


def keep(workflow: Workflow, *, actor: Actor, days: int | None, redactions: Collection[str]) -> Workflow:
    """Say how long runs are kept (None: as long as the workspace's) and what their log never shows.

    What is logged already stays as it is. Raises `NotAllowed` or `ValidationFailed`.
    """
    require(actor, workflow.workspace, Permission.PUBLISH)
    if days is not None and not 1 <= days <= LONGEST_KEEP_DAYS:
        raise ValidationFailed(
            f"Runs can be kept for 1 to {LONGEST_KEEP_DAYS} days.",
            code="bad_days",
            field="keep_runs_days",
            remedy="Leave it empty to keep them as long as the workspace does.",
        )
    names = _clean(redactions)
    before = {"keep_runs_days": workflow.keep_runs_days, "redactions": list(workflow.redactions)}
    after = {"keep_runs_days": days, "redactions": names}
    if after != before:
        with transaction.atomic():
            Workflow.objects.filter(pk=workflow.pk).update(**after)
            audit.record(
                workflow.workspace,
                actor=actor,
                verb="workflow.keeping_changed",
                target=workflow,
                before=before,
                after=after,
            )
        workflow.keep_runs_days, workflow.redactions = days, names
    return workflow


def _clean(redactions: Collection[str]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in redactions if name.strip()))
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValidationFailed(
                f"“{name[:80]}” is no name of a field.",
                code="bad_name",
                field="redactions",
                remedy="Write a field's key as the run log shows it, for example customer_email.",
            )
    if len(names) > MAX_NAMES:
        raise ValidationFailed(
            f"At most {MAX_NAMES} fields can be redacted.",
            code="too_many",
            field="redactions",
            remedy="Name the few that hold personal data.",
        )
    return names
