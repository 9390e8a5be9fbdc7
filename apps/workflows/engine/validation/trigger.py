"""Whether the trigger exists, has its connection, and its options fit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.catalog.errors import Permanent
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Trigger
from apps.language.paths import did_you_mean
from apps.workflows.engine.catalog import RAW, Catalog
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.enriching import LookUpCall, look_ups
from apps.workflows.engine.options import settled_options
from apps.workflows.engine.order import path_of
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.validation.connections import Connections, check_connection
from apps.workflows.engine.validation.paths import Declared, by_key, find_fault
from apps.workflows.engine.validation.places import Place, of_trigger


def check_trigger(definition: Definition, connections: Connections, catalog: Catalog) -> Iterator[Problem]:
    """Find every problem of the trigger."""
    part = definition.trigger
    if not part.trigger:
        yield of_trigger("trigger").problem("required", "Choose what starts the workflow.")
        return
    try:
        app, trigger = catalog.get_trigger(part.trigger)
    except UnknownKeyError as error:
        near = did_you_mean(part.trigger, error.candidates)
        place = of_trigger("trigger")
        yield place.problem("unknown_trigger", f"There is no trigger “{part.trigger}”.{near}")
        return
    place = of_trigger("connection", field="connection")
    switched_on = tuple(look_ups(app, trigger, part.options, catalog))
    yield from check_connection(
        part.connection,
        app=app,
        needs=_needs(trigger, switched_on),
        by=" with ".join((trigger.name, *(f"“{each.action.name}”" for each in switched_on[:1]))),
        connections=connections,
        place=place,
    )
    yield from _check_options(trigger, part.options)


def check_order(definition: Definition, declared: Declared, catalog: Catalog) -> Iterator[Problem]:
    """Find every problem of what the runs are ordered by: a field of the event, not one looked up later."""
    if definition.order is None or declared.trigger is None:
        return
    place = Place("order.by", step="Trigger", field="order", step_id="trigger")
    path = path_of(definition.order)
    if path is None:
        message = (
            "Runs are kept in order by one field of the trigger, such as {{ trigger.customer }}. Choose one, "
            "or remove the order."
        )
        yield place.problem("bad_order", message)
        return
    fault = find_fault(path, declared)
    if fault is not None:
        yield place.problem(fault.code, fault.message)
    elif path[1] != RAW and path[1] not in by_key(catalog.get_trigger(definition.trigger.trigger)[1].fields):
        message = (
            f"{definition.order.by} is looked up when a run has begun, so runs can't be kept in order by it. "
            "Choose a field of the event."
        )
        yield place.problem("looked_up", message)


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
