"""Whether an action step names an action that it may do, with all that this needs."""

from collections.abc import Iterator

from apps.catalog.registry import UnknownKeyError
from apps.language.paths import did_you_mean
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.settling import settle_action
from apps.workflows.engine.validation.conditions import check_condition
from apps.workflows.engine.validation.connections import Connections, check_connection
from apps.workflows.engine.validation.inputs import check_inputs
from apps.workflows.engine.validation.paths import Declared
from apps.workflows.engine.validation.places import of_step


def check_action(
    step: ActionStep, declared: Declared, connections: Connections, catalog: Catalog
) -> Iterator[Problem]:
    """Find every problem of an action step."""
    if step.run_if is not None:
        yield from check_condition(of_step(step, "run_if", field="run_if"), step.run_if, declared)
    try:
        app, found = catalog.get_action(step.action)
    except UnknownKeyError as error:
        near = did_you_mean(step.action, error.candidates)
        place = of_step(step, "action")
        remedy = "Choose another one with “Change”, or delete the step."
        yield place.problem("unknown_action", f"There is no action “{step.action}”.{near} {remedy}")
        return
    action = settle_action(found, step.inputs)
    if action.hidden:
        message = f"{action.name} serves other parts of Tandem and can't be a step. Choose another action."
        yield of_step(step, "action").problem("not_a_step", message)
    yield from check_connection(
        step.connection,
        app=app,
        needs=action.requires,
        by=action.name,
        connections=connections,
        place=of_step(step, "connection", field="connection"),
    )
    if action.danger and not step.confirmed:
        message = f"{action.name} must be confirmed. {action.danger} Switch on the confirmation in the step."
        yield of_step(step, "confirmed", field="confirmed").problem("unconfirmed", message)
    yield from check_inputs(step, action, declared)
