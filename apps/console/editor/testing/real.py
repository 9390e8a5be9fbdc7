"""A real test: the draft, or one step of it, run by the worker over real connections.

It runs by a snapshot of the draft that is never live, for a delivery of its
own, so its calls have keys of their own and stand in the ledger like any other.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from apps.catalog import registry
from apps.catalog.spec import Effect
from apps.common.errors import Conflict, ValidationFailed
from apps.connections.models import Connection
from apps.console.editor.testing.alone import Cut, alone, given_error, kept, whole
from apps.console.editor.testing.asked import Asked, envelope_of
from apps.console.editor.testing.sending import now
from apps.runs import trials as runs
from apps.runs.models import Run
from apps.webhooks import trials as deliveries
from apps.workflows import privileged
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, AIStep, ApprovalStep, Step
from apps.workflows.engine.enriching import look_ups_of
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.samples import sample_outputs
from apps.workflows.engine.settling import settle_action
from apps.workflows.models import WorkflowVersion
from apps.workflows.services import connections_named, problems_of
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

NEEDED = (Permission.EDIT_WORKFLOWS, Permission.PUBLISH, Permission.OPERATE_RUNS)
"""What a role must have: a real test does with a draft what publishing and an event would."""


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """Something that a real test may do outside: a call, a question to a model, an e-mail to approvers.

    `changes` tells whether it changes anything; `sandbox` that no real account is meant.
    """

    step_id: str
    step: str
    what: str
    app: str
    connection: str
    sandbox: bool
    changes: bool
    effect: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a real test would do, and what stands against it.

    `digest` stands for exactly this draft and these acts: who goes on sends it
    back, so that nothing is run that was not shown.
    """

    acts: tuple[PlannedAct, ...]
    problems: tuple[Problem, ...]
    digest: str
    refused: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as the editor's API answers it."""
        return {
            "acts": [asdict(act) for act in self.acts],
            "problems": [problem.as_dict() for problem in self.problems],
            "refused": self.refused,
            "live": sum(act.changes and not act.sandbox for act in self.acts),
            "digest": self.digest,
        }


def plan(asked: Asked, *, actor: Actor) -> Plan:
    """Return what a real test of this would do; nothing is called."""
    cut = _cut(asked)
    refusal = privileged.refusal(cut.definition, workspace=asked.workflow.workspace, actor=actor)
    acts = tuple(_acts(asked, cut))
    return Plan(
        acts=acts,
        problems=tuple(_problems(asked)),
        digest=_digest(cut, acts),
        refused=f"{refusal.message} {refusal.remedy}".strip() if refusal else "",
    )


def start_real(asked: Asked, *, actor: Actor, confirmed: str, at: datetime | None = None) -> Run:
    """Queue the test and return its run.

    Raises `NotAllowed` for the role or an action that needs an admin,
    `ValidationFailed` with the problems of the steps to be run, and `Conflict`
    ("unconfirmed") with the plan in `details` unless `confirmed` is the digest
    of the plan as it is now.
    """
    workspace = asked.workflow.workspace
    for permission in NEEDED:
        require(actor, workspace, permission)
    cut = _cut(asked)
    refused = privileged.refusal(cut.definition, workspace=workspace, actor=actor)
    if refused is not None:
        raise refused
    if problems := _problems(asked):
        raise _problems_first(problems)
    acts = tuple(_acts(asked, cut))
    if confirmed != _digest(cut, acts):
        raise _unconfirmed(acts, shown_before=bool(confirmed))
    named = cut.definition.trigger.connection
    connection = connections_named(workspace, [named]).get(named)
    if connection is None:
        raise ValidationFailed(
            "The trigger has no connection, so there is no account that the event could be from.",
            code="no_trigger_connection",
            remedy="Choose the trigger's connection first.",
            field="trigger",
        )
    at = at or now()
    payload = _payload(asked, connection, at=at)
    _, event = envelope_of(asked.definition, payload, registry.within(workspace.pk))
    with transaction.atomic():
        version = WorkflowVersion.every.create(
            workflow=asked.workflow,
            test_of_revision=asked.workflow.draft_revision,
            definition=cut.definition.to_json(),
            published_by=actor.user,
        )
        delivery = deliveries.store_test(
            connection, payload, event_type=event.type, occurred_at=event.occurred_at, at=at
        )
        run = runs.start_test(delivery, version, given=list(_given(asked, cut)), at=at)
        audit.record(
            workspace,
            actor=actor,
            verb="workflow.tested",
            target=asked.workflow,
            after={"run": str(run.code), "step": asked.step, "revision": version.test_of_revision},
        )
    return run


def _cut(asked: Asked) -> Cut:
    return alone(asked.definition, asked.step) if asked.step else whole(asked.definition)


def _problems(asked: Asked) -> list[Problem]:
    """Return the problems of what is to be run: of one step, or of everything."""
    problems = problems_of(asked.workflow, asked.definition)
    return [problem for problem in problems if not asked.step or problem.step_id == asked.step]


def _acts(asked: Asked, cut: Cut) -> Iterator[PlannedAct]:
    catalog = registry.within(asked.workflow.workspace_id)
    used = connections_named(asked.workflow.workspace, cut.definition.connections())
    given = {done.step.id for done in cut.done}
    looked_up = (
        each.step(cut.definition.trigger.connection) for each in look_ups_of(cut.definition.trigger, catalog)
    )
    steps = (step for step in cut.definition.walk() if step.id not in given and not step.disabled)
    for step in (*looked_up, *steps):
        act = _act(step, used, catalog)
        if act is not None:
            yield act


def _act(step: Step, used: dict[str, Connection], catalog: Catalog) -> PlannedAct | None:
    if not isinstance(step, ActionStep | AIStep | ApprovalStep):
        return None
    connection = used.get(step.connection)
    app = ""
    if isinstance(step, ActionStep):
        try:
            spec, action = catalog.get_action(step.action)
        except registry.UnknownKeyError:
            return None
        effect, what, app = settle_action(action, step.inputs).effect.value, action.name, spec.name
    elif isinstance(step, AIStep):
        effect, what = Effect.READ.value, f"Ask the model {step.model}, which costs tokens"
    else:
        who = ", ".join(approver.email for approver in step.approvers)
        # Without an e-mail connection nobody is written to: members decide in the admin.
        effect = Effect.CREATE.value if step.connection else Effect.READ.value
        what = f"Ask {who} to decide" if step.connection else f"Let {who} decide in the admin"
    return PlannedAct(
        step_id=step.id,
        step=step.name,
        what=what,
        app=app,
        connection=connection.name if connection else "",
        sandbox=connection.sandbox if connection else False,
        changes=effect != Effect.READ.value,
        effect=effect,
    )


def _payload(asked: Asked, connection: Connection, *, at: datetime) -> dict[str, Any]:
    """Return the event's body; a sample is made a new event about a new object."""
    webhook = registry.get_app(connection.app).webhook
    if asked.event.source != "sample" or webhook is None:
        return asked.event.payload
    return webhook.refresh_sample(asked.event.payload, webhook.new_event_id(), int(at.timestamp()))


def _given(asked: Asked, cut: Cut) -> Iterator[runs.Given]:
    catalog = registry.within(asked.workflow.workspace_id)
    for position, done in enumerate(cut.done, start=1):
        outputs = kept(asked.outputs, done)
        yield runs.Given(
            path=done.path,
            position=position,
            kind=done.step.kind,
            name=done.step.name,
            action=done.step.action if isinstance(done.step, ActionStep) else "",
            outputs=sample_outputs(done.step, catalog) if outputs is None else outputs,
            error=given_error(done) if done.failed else None,
        )


def _problems_first(problems: list[Problem]) -> ValidationFailed:
    return ValidationFailed(
        f"It can't be tested for real yet: {problems[0].message}",
        code="invalid_definition",
        remedy="Mend what is named, then test again.",
        details=[problem.as_dict() for problem in problems],
    )


def _digest(cut: Cut, acts: tuple[PlannedAct, ...]) -> str:
    """Return what stands for a plan: another draft, step, connection or act gives another one."""
    said = {"definition": cut.definition.to_json(), "path": cut.path, "acts": [asdict(act) for act in acts]}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _unconfirmed(acts: tuple[PlannedAct, ...], *, shown_before: bool) -> Conflict:
    changing = "; ".join(f"{act.what} over “{act.connection}”" for act in acts if act.changes)
    told = f"A real test does this: {changing}." if changing else "A real test runs the draft for real."
    return Conflict(
        f"What the test does has changed since it was shown. {told}" if shown_before else told,
        code="unconfirmed",
        remedy="Look at what it does now, and confirm that." if shown_before else "Confirm that it may.",
        details=[{"message": f"{act.step}: {act.what}", **asdict(act)} for act in acts],
    )
