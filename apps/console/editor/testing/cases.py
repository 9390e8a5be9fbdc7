"""Test cases: made of a dry test with one click, and run again without calling anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from apps.common.crypto import SealError
from apps.common.errors import ServiceError, ValidationFailed
from apps.console.editor.testing.asked import Asked, Chosen, read_assumed, read_definition
from apps.console.editor.testing.dry import run_dry
from apps.console.editor.testing.expecting import Difference, differences, expected_of
from apps.console.editor.testing.sending import now
from apps.runs.leases import steady
from apps.workflows import cases as rows
from apps.workflows.engine.definition import Definition
from apps.workflows.models import Workflow, WorkflowCase
from apps.workspaces.access import Actor

SECONDS_EACH = 5.0
SECONDS_ALL = 20.0

_NOBODY = Actor.system("test cases")
"""Who runs a case: it calls nobody, so whoever asked needs no right to."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went. `differences` are in words, with the id of the step that each is about."""

    code: str
    name: str
    passed: bool
    differences: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as the editor's API answers it."""
        steps: dict[str, list[str]] = {}
        for each in self.differences:
            if each.step:
                steps.setdefault(each.step, []).append(each.text)
        return {
            "code": self.code,
            "name": self.name,
            "passed": self.passed,
            "differences": [each.text for each in self.differences],
            "steps": steps,
        }


def keep_case(asked: Asked, *, actor: Actor, name: str) -> WorkflowCase:
    """Keep a whole dry test as a case: what it does now is what is expected from now on.

    `asked.assumed.answers` are what the calls of the test gave. It is run once
    more on them, calling nobody. Raises `ValidationFailed` for a step alone.
    """
    if asked.step:
        raise ValidationFailed(
            "A test case is about the whole workflow.", code="whole_only", remedy="Test the whole workflow."
        )
    at = now()
    outcome = run_dry(replace(asked, reads=False), actor=_NOBODY, at=at)
    assumed = asked.assumed
    body = {
        "payload": asked.event.shown,
        "assume": {
            "approval": "approved" if assumed.approved else "denied",
            "webhook": "received" if assumed.received else "timeout",
            "body": assumed.body,
            "answers": {path: dict(outputs) for path, outputs in assumed.answers.items()},
        },
        "at": at.timestamp(),
        "expected": expected_of(outcome, at=at),
    }
    return rows.create_case(asked.workflow, actor=actor, name=name, body=body)


def run_cases(workflow: Workflow, definition: Definition | None = None) -> list[CaseResult]:
    """Run every case of a workflow on a definition, its draft unless given; nothing goes out.

    It takes twenty seconds at most; a case for which there is no time left has not passed.
    """
    cases = list(workflow.cases.all())
    if not cases:
        return []
    try:
        definition = definition or read_definition(workflow.draft)
    except ServiceError as error:
        return [_broken(case, error.message) for case in cases]
    ends_at = steady() + SECONDS_ALL
    return [_run(case, workflow, definition, ends_at) for case in cases]


def case_json(case: WorkflowCase) -> dict[str, Any]:
    """Return a case as the list shows it."""
    try:
        expected = rows.body_of(case)["expected"]
    except SealError:
        expected = {"steps": [], "requests": []}
    return {
        "code": str(case.code),
        "name": case.name,
        "created_at": case.created_at.isoformat(),
        "created_by": case.created_by.get_username() if case.created_by else "",
        "steps": len(expected["steps"]),
        "requests": len(expected["requests"]),
    }


def _run(case: WorkflowCase, workflow: Workflow, definition: Definition, ends_at: float) -> CaseResult:
    left = min(SECONDS_EACH, ends_at - steady())
    if left <= 0:
        return _broken(case, "It was not run: the time for all test cases was over.")
    try:
        body = rows.body_of(case)
        asked = _asked(workflow, definition, body)
        at = datetime.fromtimestamp(body["at"], UTC)
        outcome = run_dry(asked, actor=_NOBODY, seconds=left, at=at)
    except SealError as error:
        return _broken(case, f"It can't be read: {error.message} Delete it and keep it anew.")
    except ServiceError as error:
        return _broken(case, error.message)
    found = differences(body["expected"], expected_of(outcome, at=at))
    if found and outcome.message:
        found = [*found, Difference("", outcome.message)]
    return CaseResult(str(case.code), case.name, not found, tuple(found))


def _asked(workflow: Workflow, definition: Definition, body: Mapping[str, Any]) -> Asked:
    return Asked(
        workflow=workflow,
        definition=definition,
        event=Chosen("json", body["payload"]),
        reads=False,
        assumed=read_assumed(body["assume"]),
    )


def _broken(case: WorkflowCase, text: str) -> CaseResult:
    return CaseResult(str(case.code), case.name, passed=False, differences=(Difference("", text),))
