"""Finding the person's e-mail: in the event, else by look-up steps before the action."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import App, LookUp, Semantic, Trigger
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, TemplateMapping


@dataclass(frozen=True, slots=True)
class Person:
    """How a recipe knows the person: steps that come first, and the e-mail as an expression.

    `email` is "" where neither the event nor a look-up tells it.
    """

    steps: tuple[ActionStep, ...]
    email: str


def find_person(
    app: App, trigger: Trigger, *, connection: str, account_fields: frozenset[str] | None, catalog: Catalog
) -> Person:
    """Return the look-ups that a trigger names and the e-mail behind them.

    A look-up runs only while there is no e-mail yet and there is something to
    look up by; the only source of an e-mail always runs, and fails with the
    reason where it has nothing to look up by.
    """
    own = next((field.key for field in trigger.fields if field.semantic is Semantic.EMAIL), None)
    known = [] if own is None else [f"trigger.{own}"]
    steps: list[ActionStep] = []
    for look_up in trigger.email_from:
        if known and not _can(app, look_up, account_fields, catalog):
            continue
        step = _step(app, trigger, look_up, steps, connection=connection, known=known, catalog=catalog)
        steps.append(step)
        known.append(f"steps.{step.id}.{look_up.output}")
    return Person(tuple(steps), _first_of(known))


def _can(app: App, look_up: LookUp, account_fields: frozenset[str] | None, catalog: Catalog) -> bool:
    _, action = catalog.get_action(f"{app.key}.{look_up.action}")
    return account_fields is None or account_fields.issuperset(action.requires)


def _step(
    app: App,
    trigger: Trigger,
    look_up: LookUp,
    before: list[ActionStep],
    *,
    connection: str,
    known: list[str],
    catalog: Catalog,
) -> ActionStep:
    ref = f"{app.key}.{look_up.action}"
    source = _source(app, trigger, look_up, before, catalog)
    _, action = catalog.get_action(ref)
    return ActionStep(
        id=look_up.action.removeprefix("get-").replace("-", "_"),
        name=action.name,
        action=ref,
        connection=connection,
        inputs={look_up.input: TemplateMapping(template=output(source))},
        run_if=_while_unknown(known, source) if known else None,
    )


def _source(app: App, trigger: Trigger, look_up: LookUp, before: list[ActionStep], catalog: Catalog) -> str:
    """Return where a look-up's input comes from: the event, else the nearest look-up that gives it."""
    if any(field.key == look_up.source for field in trigger.fields):
        return f"trigger.{look_up.source}"
    for step in reversed(before):
        _, action = catalog.get_action(step.action)
        if any(field.key == look_up.source for field in action.outputs):
            return f"steps.{step.id}.{look_up.source}"
    raise ValueError(f"Nothing before {look_up.action} of {app.key}.{trigger.key} gives {look_up.source}.")


def _while_unknown(known: list[str], source: str) -> dict[str, Any]:
    return {"all": [*_leaves("is_empty", _first_of(known)), *_leaves("is_not_empty", source)]}


def _leaves(operator: str, expression: str) -> Iterator[dict[str, Any]]:
    yield {"left": {"template": output(expression)}, "op": operator}


def _first_of(expressions: list[str]) -> str:
    return " | default: ".join(expressions)


def output(expression: str) -> str:
    """Return an expression as a template's output tag."""
    return f"{{{{ {expression} }}}}"
