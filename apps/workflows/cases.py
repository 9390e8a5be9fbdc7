"""Test cases that are kept with a workflow: rows only; what a case expects is for those who run it."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from apps.common import crypto
from apps.common.errors import Conflict, ValidationFailed
from apps.language import safe_json
from apps.workflows.models import Workflow, WorkflowCase
from apps.workflows.services import UNSAFE
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

MAX_CASES = 20
MAX_BYTES = 256 * 1024
MAX_NAME = 120


def create_case(workflow: Workflow, *, actor: Actor, name: str, body: Mapping[str, Any]) -> WorkflowCase:
    """Keep a case, sealed. Raises `ValidationFailed` for its name or size, `Conflict` for too many."""
    require(actor, workflow.workspace, Permission.EDIT_WORKFLOWS)
    size = len(safe_json.dumps(dict(body)))
    if size > MAX_BYTES:
        raise ValidationFailed(
            f"This test case takes {size // 1024} KiB; {MAX_BYTES // 1024} KiB is the most.",
            code="case_too_large",
            remedy="Take a smaller event: leave out what the workflow does not use.",
        )
    case = WorkflowCase(workflow=workflow, name=_name(name), created_by=actor.user)
    case.body = crypto.pack(dict(body), bound_to=case.body_binding)
    try:
        with transaction.atomic():
            # One at a time, or two at once would pass the limit together.
            Workflow.objects.select_for_update().get(pk=workflow.pk)
            if workflow.cases.count() >= MAX_CASES:
                raise Conflict(
                    f"A workflow keeps {MAX_CASES} test cases at most.",
                    code="too_many_cases",
                    remedy="Delete one that another one covers.",
                )
            case.save(force_insert=True)
            _record(case, actor=actor, verb="workflow.case_created")
    except IntegrityError:
        raise _name_in_use(name) from None
    return case


def rename_case(case: WorkflowCase, *, actor: Actor, name: str) -> WorkflowCase:
    """Give the case another name; raises `Conflict` when it is in use."""
    require(actor, case.workflow.workspace, Permission.EDIT_WORKFLOWS)
    before, wanted = case.name, _name(name)
    try:
        with transaction.atomic():
            WorkflowCase.objects.filter(pk=case.pk).update(name=wanted)
            case.name = wanted
            _record(case, actor=actor, verb="workflow.case_renamed", before=before)
    except IntegrityError:
        raise _name_in_use(wanted) from None
    return case


def delete_case(case: WorkflowCase, *, actor: Actor) -> None:
    """Forget the case."""
    require(actor, case.workflow.workspace, Permission.EDIT_WORKFLOWS)
    with transaction.atomic():
        _record(case, actor=actor, verb="workflow.case_deleted")
        case.delete()


def body_of(case: WorkflowCase) -> dict[str, Any]:
    """Return what the case holds; raises `SealError` when its key is gone."""
    body: dict[str, Any] = crypto.unpack(bytes(case.body), bound_to=case.body_binding)
    return body


def _record(case: WorkflowCase, *, actor: Actor, verb: str, before: str = "") -> None:
    audit.record(
        case.workflow.workspace,
        actor=actor,
        verb=verb,
        target=case.workflow,
        before={"case": before} if before else None,
        after={"case": case.name},
    )


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > MAX_NAME or UNSAFE.search(cleaned):
        raise ValidationFailed(
            f"A test case's name has 1 to {MAX_NAME} characters that can be shown.",
            code="invalid_name",
            field="name",
            remedy="Say what is special about its event.",
        )
    return cleaned


def _name_in_use(name: str) -> Conflict:
    return Conflict(
        f"A test case named “{name}” exists already.",
        code="name_in_use",
        field="name",
        remedy="Choose another name.",
    )
