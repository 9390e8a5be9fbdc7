"""Whether the steps that are no actions have all that they need."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Field as CatalogField
from apps.catalog.spec import FieldType
from apps.language import code, conditions
from apps.workflows.engine import definition as form
from apps.workflows.engine import moments, schemas
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.coercion import UnfitError, coerce
from apps.workflows.engine.definition import operations
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.transforming import problems_of as problems_of_operations
from apps.workflows.engine.validation.conditions import check_condition
from apps.workflows.engine.validation.connections import Connections, check_connection, check_mailer
from apps.workflows.engine.validation.paths import Declared
from apps.workflows.engine.validation.places import Place, of_step
from apps.workflows.engine.validation.settings import check_setting, check_templates, is_blank

_EMAIL = CatalogField(key="email", label="E-mail address", type=FieldType.EMAIL)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""Any moment: whether a fixed setting can be reckoned with does not hang on it."""


def check_condition_of(step: form.FilterStep | form.IfStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a filter's or an if's condition."""
    yield from check_condition(of_step(step, "condition", field="condition"), step.condition, declared)


def check_switch(step: form.SwitchStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a switch's cases."""
    if not step.cases:
        yield of_step(step, "cases", field="cases").problem("required", "Add a case to the switch.")
    ids: set[str] = {"default"}
    names: set[str] = {"default"}
    for case in step.cases:
        place = of_step(step, f"cases.{case.id}", field=f"cases.{case.id}")
        if case.id in ids:
            yield place.problem("duplicate_id", f"Another case has the id “{case.id}”. Give it another.")
        if case.name.strip().lower() in names:
            yield place.problem(
                "duplicate_case", f"Another case is named “{case.name}”. Give it another name."
            )
        ids.add(case.id)
        names.add(case.name.strip().lower())
        yield from check_condition(place, case.condition, declared)


def check_ai(
    step: form.AIStep, declared: Declared, connections: Connections, catalog: Catalog
) -> Iterator[Problem]:
    """Find every problem of an AI step but those of where its answer goes."""
    place = of_step(step, "connection", field="connection")
    try:
        app, action = catalog.get_action(f"{step.provider}.generate")
    except UnknownKeyError:
        yield place.problem("unknown_provider", f"There is no app “{step.provider}” that could ask a model.")
    else:
        yield from check_connection(
            step.connection,
            app=app,
            needs=action.requires,
            by="An AI step",
            connections=connections,
            place=place,
        )
    if not step.model.strip():
        yield of_step(step, "model", field="model").problem("required", "“Model” is required. Choose one.")
    yield from check_setting(step, "system", step.system, declared, label="System prompt", required=False)
    yield from check_setting(step, "prompt", step.prompt, declared, label="Prompt")
    yield from _check_output(step)


def _check_output(step: form.AIStep) -> Iterator[Problem]:
    place = of_step(step, "output", field="output")
    if isinstance(step.output, form.LabelsOutput):
        labels = [each.label.strip() for each in step.output.labels]
        if len(labels) < 2 or not all(labels):
            yield place.problem("required", "Name at least two labels, none of them empty.")
        elif len({label.lower() for label in labels}) < len(labels):
            yield place.problem("duplicate_label", "Two labels are the same. Name each once.")
    elif isinstance(step.output, form.SchemaOutput):
        for fault in schemas.problems_of(step.output.schema_):
            at = f"“{fault.where}” of the schema: " if fault.path else ""
            yield place.problem("bad_schema", f"{at}{fault.message}")


def check_code(step: form.CodeStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a code step's inputs, and of code that is missing."""
    for key, mapping in step.inputs.items():
        yield from check_templates(of_step(step, f"inputs.{key}", field=key), mapping, declared)
    if not step.code.strip():
        yield of_step(step, "code", field="code").problem("required", "“Code” is required. Write some.")
        return
    for found in code_problems(step.code):
        message = f"Line {found.line}, column {found.column}: {found.message}"
        yield of_step(step, "code", field="code").problem("bad_code", message)


@lru_cache(maxsize=256)
def code_problems(source: str) -> tuple[code.Problem, ...]:
    """Return what keeps code from being run; what was looked at is kept."""
    return tuple(found for found in code.check(source) if found.severity == "error")


def check_transform(step: form.TransformStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a transformation."""
    yield from check_setting(step, "source", step.source, declared, label="Source", required=False)
    if not step.operations:
        message = "Add an operation, or remove the step."
        yield of_step(step, "operations", field="operations").problem("required", message)
    for found in problems_of_operations(step):
        place = of_step(step, f"operations.{found.index}.{found.key}", field=f"operations.{found.index}")
        yield place.problem(found.code, found.message)
    item = CatalogField(key="item", label="Item", type=FieldType.ANY)
    for index, operation in enumerate(step.operations):
        place = of_step(step, f"operations.{index}", field=f"operations.{index}")
        yield from _check_operation(place, operation, declared, replace(declared, item=item))


def _check_operation(
    place: Place, operation: operations.Operation, declared: Declared, inside: Declared
) -> Iterator[Problem]:
    """Find every problem of what an operation's mapping or condition reads; `inside` sees the item too."""
    if isinstance(operation, operations.SetField):
        yield from check_templates(place.part("value"), operation.value, declared)
    elif isinstance(operation, operations.MapItems):
        yield from check_templates(place.part("value"), operation.value, inside)
    elif isinstance(operation, operations.FilterItems) and not conditions.check(operation.condition):
        yield from check_condition(place.part("condition"), operation.condition, inside)


def check_delay(step: form.DelayStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a delay's settings, those of its mode alone."""
    if step.mode == "for":
        yield from check_setting(step, "amount", step.amount, declared, label="Amount")
        yield from _try(step, step.amount, lambda value: moments.after(value, step.unit, now=_NOW))
    elif step.mode == "until":
        yield from check_setting(step, "until", step.until, declared, label="Until")
        yield from _try(step, step.until, lambda value: moments.moment(value, now=_NOW), not_yet=True)
    else:
        try:
            moments.next_time_of_day(step.time, step.zone, step.days, now=_NOW)
        except moments.DelayError as error:
            yield of_step(step, error.field, field=error.field).problem(
                error.code, f"“{_DELAY_LABELS[error.field]}” {error.message}"
            )


def _try(
    step: form.DelayStep,
    mapping: form.Mapping | None,
    reckon: Callable[[Any], object],
    *,
    not_yet: bool = False,
) -> Iterator[Problem]:
    """Try a fixed value. Of a moment that lies far ahead, only the run can say whether that is too far."""
    if not isinstance(mapping, form.ValueMapping) or is_blank(mapping):
        return
    try:
        reckon(mapping.value)
    except moments.DelayError as error:
        if not (not_yet and error.code == "too_far"):
            label = _DELAY_LABELS[error.field]
            yield of_step(step, error.field, field=error.field).problem(
                error.code, f"“{label}” {error.message}"
            )


def check_for_each(step: form.ForEachStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of what a loop goes over, and a body that is empty."""
    yield from check_setting(step, "items", step.items, declared, label="Items", single=True)
    place = of_step(step, "items", field="items")
    fixed = step.items.value if isinstance(step.items, form.ValueMapping) else None
    if isinstance(step.items, form.ObjectMapping) or not isinstance(fixed, list | None):
        yield place.problem("wrong_type", "“Items” must be a list.")
    if not step.steps:
        yield of_step(step, "steps", field="steps").problem("required", "Add a step to do for each item.")


def check_approval(
    step: form.ApprovalStep, declared: Declared, connections: Connections
) -> Iterator[Problem]:
    """Find every problem of whom an approval asks, and what."""
    yield from check_setting(step, "message", step.message, declared, label="Message")
    if not step.approvers:
        yield of_step(step, "approvers", field="approvers").problem(
            "required", "Name somebody who may decide."
        )
    seen: set[str] = set()
    for index, approver in enumerate(step.approvers):
        place = of_step(step, f"approvers.{index}", field=f"approvers.{index}")
        try:
            coerce(_EMAIL, approver.email)
        except UnfitError as error:
            yield place.problem(error.code, f"“{approver.email}” {error.message}")
        if approver.email.strip().lower() in seen:
            yield place.problem("duplicate_approver", f"“{approver.email}” is named twice. Name each once.")
        seen.add(approver.email.strip().lower())
    if step.connection:
        place = of_step(step, "connection", field="connection")
        yield from check_mailer(step.connection, connections=connections, place=place)


def check_stop(step: form.StopStep, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a stop's message."""
    yield from check_setting(step, "message", step.message, declared, label="Message", required=False)


_DELAY_LABELS = {
    "amount": "Amount",
    "until": "Until",
    "time": "Time of day",
    "zone": "Time zone",
    "days": "Weekdays",
}
