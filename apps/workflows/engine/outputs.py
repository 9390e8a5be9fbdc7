"""What each kind of step gives, as declared fields with an example of each."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Choice, Field, FieldType
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import (
    ActionStep,
    AIStep,
    ApprovalStep,
    CodeStep,
    DelayStep,
    ForEachStep,
    IfStep,
    LabelsOutput,
    SchemaOutput,
    Step,
    SwitchStep,
    TransformStep,
    WaitWebhookStep,
)

_MOMENT = 1_769_853_600  # 2026-01-31 10:00 UTC
_MAX_SCHEMA_DEPTH = 6

_USAGE = (
    Field(key="model", label="Model", example="gpt-5-mini", help_text="The model that answered."),
    Field(key="input_tokens", label="Input tokens", type=FieldType.INTEGER, example=420),
    Field(key="output_tokens", label="Output tokens", type=FieldType.INTEGER, example=12),
    Field(
        key="cost",
        label="Cost",
        type=FieldType.NUMBER,
        unit="US dollars",
        example=0.0002,
        help_text="In US dollars; empty where the model's price is not known.",
    ),
)

_IF = (Field(key="result", label="Result", type=FieldType.BOOLEAN, example=True),)

_CODE = (
    Field(key="output", label="Output", type=FieldType.ANY, help_text="What the code gave."),
    Field(key="printed", label="Printed", type=FieldType.LONG_TEXT, example=""),
)

_TRANSFORM = (Field(key="output", label="Output", type=FieldType.ANY, help_text="The changed value."),)

_DELAY = (Field(key="until", label="Until", type=FieldType.TIME, unit="seconds", example=_MOMENT),)

_FOR_EACH = (
    Field(key="count", label="Count", type=FieldType.INTEGER, example=2, help_text="How many items ran."),
    Field(key="succeeded", label="Succeeded", type=FieldType.INTEGER, example=2),
    Field(key="failed", label="Failed", type=FieldType.INTEGER, example=0),
    Field(key="filtered", label="Filtered", type=FieldType.INTEGER, example=0),
    Field(
        key="results",
        label="Results",
        type=FieldType.LIST,
        example=[{"index": 0, "outcome": "succeeded", "output": {}}],
        fields=(
            Field(key="index", label="Index", type=FieldType.INTEGER, example=0),
            Field(key="outcome", label="Outcome", example="succeeded"),
            Field(key="output", label="Output", type=FieldType.ANY, example={}),
        ),
    ),
)

_APPROVAL = (
    Field(key="approved", label="Approved", type=FieldType.BOOLEAN, example=True),
    Field(
        key="decision",
        label="Decision",
        type=FieldType.CHOICE,
        choices=(Choice(value="approved", label="Approved"), Choice(value="denied", label="Denied")),
        example="approved",
    ),
    Field(key="decided_by", label="Decided by", example="ada@example.com"),
    Field(key="decided_at", label="Decided at", type=FieldType.TIME, unit="seconds", example=_MOMENT),
    Field(key="comment", label="Comment", type=FieldType.LONG_TEXT, example=""),
    Field(key="by_deadline", label="By deadline", type=FieldType.BOOLEAN, example=False),
)

_WAIT = (
    Field(key="received", label="Received", type=FieldType.BOOLEAN, example=True),
    Field(key="body", label="Body", type=FieldType.ANY, example={}, help_text="What was sent."),
    Field(key="received_at", label="Received at", type=FieldType.TIME, unit="seconds", example=_MOMENT),
)

ERROR_FIELDS: tuple[Field, ...] = (
    Field(key="code", label="Code", example="not_found", help_text="For programs; it stays the same."),
    Field(key="message", label="Message", type=FieldType.LONG_TEXT, example="There is no such customer."),
    Field(key="remedy", label="Remedy", type=FieldType.LONG_TEXT, example=""),
    Field(key="field", label="Field", example="", help_text="The input at fault, where one is."),
    Field(key="step", label="Step", example="Find the customer", help_text="The name of the failed step."),
)
"""What `{{ error.… }}` offers in an error branch."""

LOOP_FIELDS: tuple[Field, ...] = (
    Field(key="index", label="Index", type=FieldType.INTEGER, example=0, help_text="Counts from 0."),
    Field(key="number", label="Number", type=FieldType.INTEGER, example=1, help_text="Counts from 1."),
    Field(
        key="count", label="Count", type=FieldType.INTEGER, example=2, help_text="How many items there are."
    ),
)
"""What `{{ loop.… }}` offers in the body of a for each."""


def outputs_of(step: Step, catalog: Catalog = BUILT_IN) -> tuple[Field, ...] | None:
    """Return what `{{ steps.<id>.… }}` offers behind a step; None where its action is not known."""
    if isinstance(step, ActionStep):
        try:
            return catalog.get_action(step.action)[1].outputs
        except UnknownKeyError:
            return None
    if isinstance(step, AIStep):
        return (*_answer(step), *_USAGE)
    if isinstance(step, SwitchStep):
        return _switch(step)
    return _BY_KIND.get(type(step), ())


_BY_KIND: dict[type, tuple[Field, ...]] = {
    IfStep: _IF,
    CodeStep: _CODE,
    TransformStep: _TRANSFORM,
    DelayStep: _DELAY,
    ForEachStep: _FOR_EACH,
    ApprovalStep: _APPROVAL,
    WaitWebhookStep: _WAIT,
}


def _switch(step: SwitchStep) -> tuple[Field, ...]:
    names = tuple(case.name for case in step.cases)
    ids = tuple(case.id for case in step.cases)
    return (
        Field(
            key="case", label="Case", example=(*names, "default")[0], help_text="The name of the case taken."
        ),
        Field(key="case_id", label="Case id", example=(*ids, "default")[0]),
    )


def _answer(step: AIStep) -> tuple[Field, ...]:
    if isinstance(step.output, LabelsOutput):
        labels = tuple(each.label for each in step.output.labels)
        choices = tuple(Choice(value=label, label=label) for label in labels)
        return (
            Field(
                key="label",
                label="Label",
                type=FieldType.CHOICE,
                choices=choices,
                example=labels[0] if labels else "",
            ),
        )
    if isinstance(step.output, SchemaOutput):
        return fields_of_schema(step.output.schema_)
    return (Field(key="text", label="Text", type=FieldType.LONG_TEXT, example="Text that the model writes."),)


def fields_of_schema(schema: Mapping[str, Any], depth: int = 0) -> tuple[Field, ...]:
    """Return the properties of a JSON schema's object as fields; what is no schema has none."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or depth > _MAX_SCHEMA_DEPTH:
        return ()
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    return tuple(
        _of_property(str(key), inner if isinstance(inner, Mapping) else {}, depth, required=key in needed)
        for key, inner in properties.items()
    )


_SCHEMA_TYPES = {
    "string": (FieldType.TEXT, "text"),
    "integer": (FieldType.INTEGER, 1),
    "number": (FieldType.NUMBER, 1.5),
    "boolean": (FieldType.BOOLEAN, True),
    "array": (FieldType.LIST, None),
    "object": (FieldType.OBJECT, None),
}


def _of_property(key: str, schema: Mapping[str, Any], depth: int, *, required: bool) -> Field:
    named = schema.get("type")
    kinds = [kind for kind in (named if isinstance(named, list) else [named]) if isinstance(kind, str)]
    kind, example = next(
        (_SCHEMA_TYPES[each] for each in kinds if each in _SCHEMA_TYPES), (FieldType.ANY, None)
    )
    inner: tuple[Field, ...] = ()
    if kind is FieldType.OBJECT:
        inner = fields_of_schema(schema, depth + 1)
        example = {each.key: each.example for each in inner}
    elif kind is FieldType.LIST:
        items = schema.get("items")
        inner = fields_of_schema(items, depth + 1) if isinstance(items, Mapping) else ()
        example = [{each.key: each.example for each in inner}] if inner else []
    values = schema.get("enum")
    if isinstance(values, list) and values:
        example = values[0]
    return Field(
        key=key,
        label=str(schema.get("title") or key.replace("_", " ").capitalize())[:200],
        type=kind,
        required=required,
        help_text=str(schema.get("description") or "")[:500],
        example=example,
        fields=inner,
    )
