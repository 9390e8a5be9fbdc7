"""What holds for every app, whoever wrote it: built in or declared by an operator. Pure.

The tests hold the built-in apps to it, and the forms of operators' own apps show
what it says. A path is made of keys: `("actions", "create-order", "inputs", "email")`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.errors import CallError, UnreadableEventError
from apps.catalog.spec import (
    Account,
    Action,
    App,
    CallContext,
    Effect,
    Field,
    FieldType,
    Idempotency,
    Semantic,
    Trigger,
)
from apps.catalog.transport import Captured, Request, Response

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
COLOR = re.compile(r"#[0-9a-f]{6}")
APP_KEY = re.compile(r"[a-z][a-z0-9]*")
ENVELOPE = frozenset({field.key for field in registry.ENVELOPE} | {"raw"})
MIN_SECRET_HELP = 30
"""Characters; less can't tell where a key is found."""

DRY_KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
DRY_TIME = 1_795_000_000

PYTHON_TYPES: dict[FieldType, tuple[type, ...]] = {
    FieldType.TEXT: (str,),
    FieldType.LONG_TEXT: (str,),
    FieldType.EMAIL: (str,),
    FieldType.URL: (str,),
    FieldType.CHOICE: (str,),
    FieldType.INTEGER: (int,),
    FieldType.TIME: (int,),
    FieldType.NUMBER: (int, float),
    FieldType.BOOLEAN: (bool,),
    FieldType.OBJECT: (dict,),
    FieldType.LIST: (list,),
    FieldType.ANY: (str, int, float, bool, dict, list),
}
ALLOWED: dict[Effect, frozenset[Idempotency]] = {
    Effect.READ: frozenset({Idempotency.NATURAL}),
    Effect.UPSERT: frozenset({Idempotency.NATURAL, Idempotency.KEY, Idempotency.EVENT_ID}),
    Effect.CREATE: frozenset({Idempotency.KEY, Idempotency.EVENT_ID, Idempotency.NONE}),
    Effect.DELETE: frozenset({Idempotency.NATURAL, Idempotency.KEY, Idempotency.NONE}),
}

type Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a declaration: where, what, and what to do."""

    path: Where
    message: str
    remedy: str = ""

    def as_text(self) -> str:
        """Return message and remedy as one text."""
        return f"{self.message} {self.remedy}".strip()


def problems_of(app: App) -> list[Problem]:
    """Return everything that the contract has against an app."""
    problems = [*of_app(app), *of_auth(app)]
    for trigger in app.triggers:
        problems += of_trigger(app, trigger)
    for action in app.actions:
        found = list(of_action(app, action))
        problems += found or dry_run(app, action)
    return problems


def is_of_type(field: Field, value: Any) -> bool:
    """Tell whether a value is what the field declares."""
    return type(value) in PYTHON_TYPES[field.type]


def of_app(app: App) -> Iterator[Problem]:
    """Check name, colour and the slugs."""
    if not APP_KEY.fullmatch(app.key):
        yield Problem(("key",), "The key has other signs than small letters and digits.")
    for part in ("name", "description", "category"):
        if not getattr(app, part).strip():
            yield Problem((part,), f"The {part} is empty.")
    if not COLOR.fullmatch(app.color):
        yield Problem(("color",), "The colour is not six hexadecimal digits behind “#”.")
    kinds: tuple[tuple[str, Sequence[Trigger | Action]], ...] = (
        ("triggers", app.triggers),
        ("actions", app.actions),
    )
    for kind, parts in kinds:
        yield from _slugs(kind, parts)
    for action in app.actions:
        if action.key.startswith("trigger-"):
            yield Problem(
                ("actions", action.key, "key"),
                "An action's key must not begin with “trigger-”.",
                "By that prefix triggers are told from actions.",
            )


def of_auth(app: App) -> Iterator[Problem]:
    """Check what a connection asks for."""
    yield from of_fields(app.auth.fields, ("auth",))
    for field in app.auth.fields:
        if field.secret and len(field.help_text) <= MIN_SECRET_HELP:
            yield Problem(
                ("auth", field.key, "help_text"),
                f"The help of “{field.label}” does not say where this secret is found.",
                "Write a sentence, such as: In the app under Settings, API keys.",
            )
        if field.secret and field.default is not None:
            yield Problem(("auth", field.key), f"“{field.label}” is secret and must have no default.")


def of_fields(fields: Iterable[Field], path: Where) -> Iterator[Problem]:
    """Check that fields are told apart and documented, and that examples are what they say."""
    fields = tuple(fields)
    for key, count in Counter(field.key for field in fields).items():
        if count > 1:
            yield Problem((*path, key, "key"), f"There are {count} fields with the key “{key}”.")
    for field in fields:
        yield from _of_field(field, (*path, field.key))
        yield from of_fields(field.fields, (*path, field.key))


def of_trigger(app: App, trigger: Trigger) -> Iterator[Problem]:
    """Check a trigger, and that its sample is an event that fires it and gives its fields."""
    path: Where = ("triggers", trigger.key)
    yield from of_fields(trigger.fields, (*path, "fields"))
    yield from of_fields(trigger.options, (*path, "options"))
    if not trigger.event_types:
        yield Problem((*path, "event_types"), "No event type fires this trigger.", "Name at least one.")
    for field in trigger.fields:
        if field.key in ENVELOPE:
            yield Problem(
                (*path, "fields", field.key, "key"),
                f"Every trigger has “{field.key}” already.",
                "Use another key.",
            )
        if field.example is None:
            yield _no_example((*path, "fields", field.key), field, "")
    for key in set(trigger.requires) - {field.key for field in app.auth.fields}:
        yield Problem((*path, "requires"), f"It needs “{key}”, which a connection does not have.")
    yield from _of_sample(app, trigger, path)


def of_action(app: App, action: Action) -> Iterator[Problem]:
    """Check an action without making its call."""
    path: Where = ("actions", action.key)
    yield from of_fields(action.inputs, (*path, "inputs"))
    yield from of_fields(action.outputs, (*path, "outputs"))
    if not action.hidden and not action.outputs:
        yield Problem((*path, "outputs"), f"“{action.name}” has no outputs.")
    for field in action.outputs:
        if field.example is None:
            yield _no_example((*path, "outputs", field.key), field, "")
    for field in action.inputs:
        if field.required and field.example is None:
            yield _no_example((*path, "inputs", field.key), field, "It is required, so a trial needs one.")
    for key in set(action.requires) - {field.key for field in app.auth.fields}:
        yield Problem((*path, "requires"), f"It needs “{key}”, which a connection does not have.")
    produced = {field.key for field in action.outputs}
    if action.provider_id is not None and action.provider_id.partition(".")[0] not in produced:
        yield Problem((*path, "provider_id"), f"There is no output “{action.provider_id}”.")
    yield from _of_effect(action, path)


def dry_run(app: App, action: Action) -> list[Problem]:
    """Check that an action can be called with its examples; nothing is sent."""
    path: Where = ("actions", action.key)
    try:
        captured(app, action, examples(action))
    except CallError as error:
        return [Problem(path, f"With its examples, “{action.name}” fails: {error.message}", error.remedy)]
    return []


def captured(app: App, action: Action, inputs: Mapping[str, Any]) -> Request | None:
    """Return the request that an action would send, None where it sends nothing."""
    if action.check is not None:
        action.check(inputs)
    context = CallContext(
        inputs=inputs,
        account=Account(app.auth.sandbox_values),
        send=_record,
        key=DRY_KEY,
        event_time=DRY_TIME,
    )
    try:
        action.call(context)
    except Captured as note:
        return note.request
    return None


def examples(action: Action, *also: Field) -> dict[str, Any]:
    """Return the examples of the required inputs, of those named, and of what goes with them."""
    named = {field.key for field in action.inputs if field.required or field in also}
    named |= {group[0] for group in action.any_of}
    named |= {group[0] for group in action.one_of if not named & set(group)}
    amounts = [field for field in action.inputs if field.key in named and field.unit_from]
    if amounts:
        named |= {str(field.unit_from) for field in amounts}
        named |= {field.key for field in action.inputs if field.semantic is Semantic.CURRENCY}
    return {field.key: field.example for field in action.inputs if field.key in named}


def _record(request: Request, *, deadline: float) -> Response:
    raise Captured(request)


def _slugs(kind: str, parts: Iterable[Trigger | Action]) -> Iterator[Problem]:
    parts = tuple(parts)
    for key, count in Counter(part.key for part in parts).items():
        if count > 1:
            yield Problem((kind, key, "key"), f"There are {count} {kind} with the key “{key}”.")
    for part in parts:
        if not SLUG.fullmatch(part.key):
            yield Problem(
                (kind, part.key, "key"), f"“{part.key}” is not small letters and digits with hyphens."
            )
        if not part.name.strip():
            yield Problem((kind, part.key, "name"), "The name is empty.")
        if not part.description.strip():
            yield Problem((kind, part.key, "description"), f"“{part.name}” has no description.")


def _of_field(field: Field, path: Where) -> Iterator[Problem]:
    if not NAME.fullmatch(field.key):
        yield Problem((*path, "key"), f"“{field.key}” is not small letters and digits with underscores.")
    if not field.label.strip() or field.label.endswith("."):
        yield Problem((*path, "label"), f"The label of “{field.key}” is empty or ends in a period.")
    if not field.help_text.strip():
        yield Problem((*path, "help_text"), f"“{field.label}” has no help.", "Say what it is for.")
    if field.type is FieldType.CHOICE and not field.choices and not field.options_from:
        yield Problem((*path, "choices"), f"“{field.label}” is a choice without choices.", "Enter them.")
    if field.type is FieldType.TIME and field.unit != "seconds":
        yield Problem((*path, "type"), f"“{field.label}” is a time that is not in seconds.")
    if field.pattern is not None:
        yield from _of_pattern(field, path)
    for part, value in (("example", field.example), ("default", field.default)):
        if value is not None and not is_of_type(field, value):
            kind = field.type.value.replace("_", " ")
            yield Problem((*path, part), f"The {part} of “{field.label}” is not of its type, {kind}.")
    if field.fields and field.type not in {FieldType.OBJECT, FieldType.LIST}:
        yield Problem((*path, "type"), f"“{field.label}” has members but is neither object nor list.")


def _of_pattern(field: Field, path: Where) -> Iterator[Problem]:
    try:
        matches = field.example is None or re.fullmatch(field.pattern or "", str(field.example))
    except re.error:
        yield Problem((*path, "pattern"), f"The pattern of “{field.label}” can't be read.")
        return
    if not matches and not field.secret:
        yield Problem((*path, "example"), f"The example of “{field.label}” does not have its form.")


def _of_sample(app: App, trigger: Trigger, path: Where) -> Iterator[Problem]:
    where = (*path, "sample")
    if app.webhook is None:
        yield Problem(where, "The app has no webhook to receive it.", "Declare the webhook first.")
        return
    payload = registry.sample_of(app, trigger.key)
    try:
        event = app.webhook.read_event(payload)
    except UnreadableEventError as error:
        yield Problem(where, f"The sample can't be read as an event: {error}")
        return
    if event.type not in trigger.event_types:
        listed = ", ".join(trigger.event_types) or "none"
        yield Problem(where, f"The sample's type is “{event.type}”; the trigger is for {listed}.")
    flat = trigger.flatten(payload)
    if set(flat) != {field.key for field in trigger.fields}:
        yield Problem((*path, "fields"), "The sample does not give exactly the declared fields.")
    for field in trigger.fields:
        value = flat.get(field.key)
        if value is not None and not is_of_type(field, value):
            yield Problem((*path, "fields", field.key), f"The sample's “{field.label}” is not of its type.")
    if sum(value is not None for value in flat.values()) < len(flat) / 2:
        yield Problem(where, "Most of the fields are not in the sample.", "Correct their paths.")


def _of_effect(action: Action, path: Where) -> Iterator[Problem]:
    if action.idempotency not in ALLOWED[action.effect]:
        yield Problem(
            (*path, "effect"),
            f"“{action.name}” is a {action.effect.value}, which {action.idempotency.value} does not fit.",
        )
    if action.effect is Effect.DELETE and not action.danger:
        yield Problem(
            (*path, "danger"),
            f"“{action.name}” deletes and does not say what is lost.",
            "Write the sentence that people confirm before it is published.",
        )


def _no_example(path: Where, field: Field, why: str) -> Problem:
    return Problem((*path, "example"), f"“{field.label}” has no example.", why or "Enter a typical value.")
