"""The data tree: everything that a step can be filled from, by group, with types and examples."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import App, Field, FieldType, Semantic
from apps.console.editor.scope import Given, Seen
from apps.language import money
from apps.language.errors import MoneyError
from apps.language.paths import Path, format_path
from apps.workflows.engine.catalog import RAW, RUN_FIELDS
from apps.workflows.engine.definition import ActionStep, Definition, ForEachStep, WaitWebhookStep
from apps.workflows.engine.enriching import fields_of
from apps.workflows.engine.outputs import ERROR_FIELDS, LOOP_FIELDS, outputs_of
from apps.workflows.engine.scopes import item_of, scopes_of

MOST_FIELDS = 400
"""Fields of one group that are not declared, as deep payloads have them."""

MOST_LEVELS = 12
MOST_TEXT = 200
MOST_LISTED = 5

MINOR = "minor units"
"""The unit of amounts that are counted in a currency's smallest unit."""

Node = dict[str, Any]


class _Budget:
    """How many more undeclared fields one group may show."""

    def __init__(self) -> None:
        self.left = MOST_FIELDS

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def groups_of(definition: Definition, seen: Seen, *, real_event: bool) -> list[dict[str, Any]]:
    """Return the groups: trigger, steps in their order, loop, error, run."""
    groups = [_trigger(definition, seen, real_event=real_event)]
    items = _items(definition)
    groups += [group for each in seen.given if (group := _step(each, items))["fields"]]
    if seen.loop is not None:
        groups.append(_loop(seen, seen.loop, items))
    if seen.failed is not None:
        label = f"Error of “{seen.failed.name}”"
        fields = _declared(("error",), ERROR_FIELDS, seen.scope["error"], _Budget(), known=False)
        groups.append(_group("error", label, "error", fields))
    groups.append(_run(definition, seen))
    return groups


def _trigger(definition: Definition, seen: Seen, *, real_event: bool) -> dict[str, Any]:
    try:
        app, trigger = registry.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        return _group("trigger", "Trigger", "trigger", [])
    data, budget = seen.scope["trigger"], _Budget()
    declared = fields_of(definition.trigger, trigger, registry)
    fields = _declared(("trigger",), declared, data, budget, known=real_event)
    raw = Field(key=RAW, label="Whole payload", type=FieldType.ANY)
    fields += _declared(("trigger",), (raw,), data, budget, known=real_event)
    return _group("trigger", trigger.name, "trigger", fields, app=app)


def _items(definition: Definition) -> dict[str, Field]:
    """Return what is declared of each loop's item, by the loop's id."""
    scopes = scopes_of(definition, catalog=registry)
    return {
        step.id: item_of(step, scopes[step.id])
        for step in definition.walk()
        if isinstance(step, ForEachStep) and step.id in scopes
    }


def _step(given: Given, items: Mapping[str, Field]) -> dict[str, Any]:
    step = given.step
    app = None
    if isinstance(step, ActionStep):
        with suppress(registry.UnknownKeyError):
            app, _ = registry.get_action(step.action)
    declared = list(outputs_of(step) or ())
    if "item" in given.outputs:
        # Around the step that asks: of a loop only its item is known yet.
        declared = [items[step.id]]
    elif given.outputs and not any(each.key in given.outputs for each in declared):
        declared = [Field(key=key, label=key, type=FieldType.ANY) for key in given.outputs]
    place = ("steps", step.id)
    fields = _declared(place, declared, given.outputs, _Budget(), known=given.real)
    return _group(step.id, step.name, "step", fields, app=app)


def _loop(seen: Seen, loop: ForEachStep, items: Mapping[str, Field]) -> dict[str, Any]:
    known = seen.scope.get("item") is not None
    budget = _Budget()
    fields = _declared((), (items[loop.id],), seen.scope, budget, known=known)
    fields += _declared(("loop",), LOOP_FIELDS, seen.scope["loop"], budget, known=known)
    return _group("loop", f"Each item of “{loop.name}”", "loop", fields)


def _run(definition: Definition, seen: Seen) -> dict[str, Any]:
    waits = [step for step in definition.walk() if isinstance(step, WaitWebhookStep)]
    fields = _declared(("run",), RUN_FIELDS, seen.scope["run"], _Budget(), known=False)
    fields += [
        _node(
            ("run", "wait_urls", step.id),
            f"Address of “{step.name}”",
            FieldType.URL,
            seen.scope["run"]["wait_urls"].get(step.id),
            known=False,
        )
        for step in waits
    ]
    return _group("run", "This run", "run", fields)


def _group(key: str, label: str, kind: str, fields: list[Node], *, app: App | None = None) -> dict[str, Any]:
    return {"key": key, "label": label, "kind": kind, "app": app.key if app else None, "fields": fields}


def _declared(
    place: tuple[str | int, ...],
    fields: Iterable[Field],
    data: Any,
    budget: _Budget,
    *,
    known: bool,
) -> list[Node]:
    fields = tuple(fields)
    nodes = [_field(place, field, data, budget, known=known) for field in fields]
    for field, node in zip(fields, nodes, strict=True):
        if _is_minor(field):
            node["money"] = _currency_beside(fields, data)
    return nodes


def _is_minor(field: Field) -> bool:
    return field.unit == MINOR or (field.unit is None and field.semantic is Semantic.AMOUNT)


def _currency_beside(fields: tuple[Field, ...], data: Any) -> Node:
    """Return the currency of the amounts among these fields, and how many decimals it has.

    Both are null where the data name none, name one that nobody knows, or declare several:
    what an amount is worth is never guessed.
    """
    keys = [field.key for field in fields if field.semantic is Semantic.CURRENCY]
    found = data.get(keys[0]) if len(keys) == 1 and isinstance(data, Mapping) else None
    code = found if isinstance(found, str) else ""
    try:
        decimals = money.exponent(code)
    except MoneyError:
        return {"currency": None, "decimals": None}
    return {"currency": code.strip().upper(), "decimals": decimals}


def _field(place: Path, field: Field, data: Any, budget: _Budget, *, known: bool) -> Node:
    path = (*place, field.key)
    value = data.get(field.key) if isinstance(data, Mapping) else None
    node = _node(path, field.label, field.type, value, known=known)
    node["unit"] = field.unit
    node["semantic"] = field.semantic.value if field.semantic else None
    if field.type is FieldType.LIST and field.fields:
        first = value[0] if isinstance(value, list) and value else {}
        node["children"] = _declared((*path, 0), field.fields, first, budget, known=known)
    elif field.fields:
        node["children"] = _declared(path, field.fields, value, budget, known=known)
    else:
        node["children"] = list(_found(path, value, budget, known=known))
    return node


def _found(path: Path, value: Any, budget: _Budget, *, known: bool) -> Iterator[Node]:
    """List what a value holds that nobody declared; of a list its first item."""
    if len(path) > MOST_LEVELS:
        return
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        parts = ((str(key), part) for key, part in value.items())
    elif isinstance(value, list) and value:
        parts = ((0, value[0]),)
    for key, part in parts:
        if not budget.take():
            return
        inner = (*path, key)
        label = "First item" if isinstance(key, int) else key
        node = _node(inner, label, _type_of(part), part, known=known)
        node["children"] = list(_found(inner, part, budget, known=known))
        yield node


def _node(path: Path, label: str, kind: FieldType, value: Any, *, known: bool) -> Node:
    return {
        "path": format_path(path),
        "label": label,
        "type": kind.value,
        "example": _short(value),
        "known": known,
        "children": [],
    }


def _short(value: Any) -> Any:
    """Return a value as an example: objects are told by their children, long texts are cut."""
    if isinstance(value, str):
        return value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}…"
    if isinstance(value, list):
        plain = [each for each in value[:MOST_LISTED] if not isinstance(each, Mapping | list)]
        return [_short(each) for each in plain] or None
    return None if isinstance(value, Mapping) else value


def _type_of(value: Any) -> FieldType:
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, int):
        return FieldType.INTEGER
    if isinstance(value, float):
        return FieldType.NUMBER
    if isinstance(value, str):
        return FieldType.TEXT
    if isinstance(value, list):
        return FieldType.LIST
    return FieldType.OBJECT if isinstance(value, Mapping) else FieldType.ANY
