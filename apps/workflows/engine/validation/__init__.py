"""Whether a definition can be published: everything that it names exists and fits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.catalog.errors import Permanent
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Field, Trigger
from apps.language import conditions
from apps.language.paths import did_you_mean
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import ActionStep, Definition, FilterStep, Step
from apps.workflows.engine.enriching import LookUpCall, fields_of, look_ups
from apps.workflows.engine.options import settled_options
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.settling import settle_action
from apps.workflows.engine.validation.connections import ConnectionFacts, check_connection
from apps.workflows.engine.validation.inputs import check_inputs
from apps.workflows.engine.validation.paths import Declared, by_key, find_fault
from apps.workflows.engine.validation.places import Place, of_step, of_trigger

__all__ = ["ConnectionFacts", "validate"]

Connections = Mapping[str, ConnectionFacts]


def validate(
    definition: Definition, *, connections: Connections, catalog: Catalog = BUILT_IN
) -> list[Problem]:
    """Return every problem that keeps a definition from being published, the trigger's first.

    `connections` are the workspace's own, by code.
    """
    problems: list[Problem] = []
    trigger = _trigger(definition, connections, catalog, problems)
    declared = Declared(
        trigger=None if trigger is None else by_key(fields_of(definition.trigger, trigger, catalog)),
        pending={step.id: step.name for step in definition.steps},
        steps={},
    )
    for step in definition.steps:
        problems += _check_id(step, declared)
        if isinstance(step, FilterStep):
            problems += _check_condition(step, "condition", step.condition, declared)
            declared = declared.behind(step.id, {})
        elif isinstance(step, ActionStep):
            outputs = _action(step, declared, connections, catalog, problems)
            declared = declared.behind(step.id, outputs)
        else:
            problems.append(of_step(step).problem("unknown_kind", "This kind of step can't be published."))
    if not any(isinstance(step, ActionStep) for step in definition.steps):
        problems.append(Place("steps").problem("no_steps", "The workflow does nothing yet. Add an action."))
    return problems


def _trigger(
    definition: Definition, connections: Connections, catalog: Catalog, problems: list[Problem]
) -> Trigger | None:
    part = definition.trigger
    try:
        app, trigger = catalog.get_trigger(part.trigger)
    except UnknownKeyError as error:
        near = did_you_mean(part.trigger, error.candidates)
        place = of_trigger("trigger")
        problems.append(place.problem("unknown_trigger", f"There is no trigger “{part.trigger}”.{near}"))
        return None
    place = of_trigger("connection", field="connection")
    switched_on = tuple(look_ups(app, trigger, part.options, catalog))
    problems += check_connection(
        part.connection,
        app=app,
        needs=_needs(trigger, switched_on),
        by=" with ".join((trigger.name, *(f"“{each.action.name}”" for each in switched_on[:1]))),
        connections=connections,
        place=place,
    )
    problems += _check_options(trigger, part.options)
    return trigger


def _needs(trigger: Trigger, switched_on: Sequence[LookUpCall]) -> tuple[str, ...]:
    """Return the Auth fields for the trigger and its look-ups, each once."""
    needed = (*trigger.requires, *(key for each in switched_on for key in each.action.requires))
    return tuple(dict.fromkeys(needed))


def _check_options(trigger: Trigger, options: Mapping[str, Any]) -> list[Problem]:
    problems = list(_check_each_option(trigger, options))
    if not problems and trigger.check is not None:
        try:
            trigger.check(settled_options(trigger, options))
        except Permanent as error:
            place = of_trigger(f"options.{error.field}", field=error.field or "")
            problems.append(place.problem(error.code, f"{error.message} {error.remedy}".strip()))
    return problems


def _check_each_option(trigger: Trigger, options: Mapping[str, Any]) -> Iterator[Problem]:
    known = by_key(trigger.options)
    for key, option in known.items():
        given = options.get(key)
        if option.required and is_empty(option.default) and (is_empty(given) or given == []):
            place = of_trigger(f"options.{key}", field=key)
            yield place.problem("required", f"“{option.label}” is required. Fill it.")
    for key, value in options.items():
        place = of_trigger(f"options.{key}", field=key)
        if key not in known:
            yield place.problem("unknown_option", f"{trigger.name} has no option “{key}”. Remove it.")
        elif not is_empty(value):
            try:
                coerce(known[key], value)
            except UnfitError as error:
                yield place.problem(
                    error.code, f"“{known[key].label}” {error.message} {error.remedy}".strip()
                )


def _action(
    step: ActionStep,
    declared: Declared,
    connections: Connections,
    catalog: Catalog,
    problems: list[Problem],
) -> Mapping[str, Field] | None:
    """Check an action step; return its outputs, None where the action is not known."""
    if step.run_if is not None:
        problems += _check_condition(step, "run_if", step.run_if, declared)
    try:
        app, found = catalog.get_action(step.action)
    except UnknownKeyError as error:
        near = did_you_mean(step.action, error.candidates)
        place = of_step(step, "action")
        problems.append(place.problem("unknown_action", f"There is no action “{step.action}”.{near}"))
        return None
    action = settle_action(found, step.inputs)
    if action.hidden:
        message = f"{action.name} serves lists of choices and can't be a step. Choose another action."
        problems.append(of_step(step, "action").problem("not_a_step", message))
    problems += check_connection(
        step.connection,
        app=app,
        needs=action.requires,
        by=action.name,
        connections=connections,
        place=of_step(step, "connection", field="connection"),
    )
    if action.danger and not step.confirmed:
        message = f"{action.name} must be confirmed. {action.danger} Switch on the confirmation in the step."
        problems.append(of_step(step, "confirmed", field="confirmed").problem("unconfirmed", message))
    problems += check_inputs(step, action, declared)
    return by_key(action.outputs)


def _check_id(step: Step, declared: Declared) -> Iterator[Problem]:
    if step.id in declared.steps:
        message = f"Two steps have the id “{step.id}”. Give one of them another."
        yield of_step(step, "id").problem("duplicate_id", message)
    elif step.id == "trigger":
        yield of_step(step, "id").problem("reserved_id", "“trigger” is the trigger's id. Use another.")


def _check_condition(
    step: Step, part: str, condition: Mapping[str, Any], declared: Declared
) -> Iterator[Problem]:
    place = of_step(step, part, field=part)
    wrong = conditions.check(condition)
    for problem in wrong:
        inner = ".".join(map(str, problem.path))
        yield replace(place, path=f"{place.path}.{inner}" if inner else place.path).problem(
            problem.code, problem.message
        )
    if wrong:
        return
    for path in conditions.paths_of(condition):
        fault = find_fault(path, declared)
        if fault is not None:
            yield place.problem(fault.code, fault.message)
