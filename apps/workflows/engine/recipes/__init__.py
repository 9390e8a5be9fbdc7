"""Ready-made workflows: one trigger, one action, the fields mapped already.

A recipe is an ordinary definition. What only an operator can know (which
message to send, how much to charge, whether to delete) stays open;
`open_fields` lists it.
"""

from typing import Any

from apps.catalog.spec import Trigger
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import ActionStep, Definition, TriggerPart
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.recipes.actions import parts_of
from apps.workflows.engine.recipes.scenes import Scene
from apps.workflows.engine.validation import validate

__all__ = ["build_recipe", "open_fields", "recipe_title"]

_OPEN = ("required", "unconfirmed")


def build_recipe(
    trigger_ref: str,
    action_ref: str,
    *,
    trigger_connection: str = "",
    action_connection: str = "",
    account_fields: frozenset[str] | None = None,
    catalog: Catalog = BUILT_IN,
) -> Definition:
    """Return the definition that does this action for this trigger, over these connections (codes).

    A look-up uses the connection of the app that it asks. `account_fields` are
    the Auth fields that the trigger's connection has, None for all: a look-up
    there that needs another one is left out where the event may tell the e-mail
    itself. Raises `UnknownKeyError`.
    """
    trigger_app, trigger = catalog.get_trigger(trigger_ref)
    action_app, action = catalog.get_action(action_ref)
    scene = Scene(
        trigger_app=trigger_app,
        trigger=trigger,
        trigger_ref=trigger_ref,
        action_app=action_app,
        action=action,
        action_ref=action_ref,
        source=trigger_connection,
        target=action_connection,
        account_fields=account_fields,
        catalog=catalog,
    )
    parts = parts_of(scene)
    step = ActionStep(
        id=action.key.replace("-", "_"),
        name=action.name,
        action=action_ref,
        connection=action_connection,
        inputs=parts.inputs,
        run_if=parts.run_if,
    )
    return Definition(
        trigger=TriggerPart(trigger=trigger_ref, connection=trigger_connection, options=_options(trigger)),
        steps=(*parts.steps, step),
        notes=parts.notes,
    )


def _options(trigger: Trigger) -> dict[str, Any]:
    """Return the options that differ from their defaults: what machines open and follow starts nothing."""
    return {option.key: True for option in trigger.options if option.key == "ignore_machine"}


def recipe_title(trigger_ref: str, action_ref: str, *, catalog: Catalog = BUILT_IN) -> str:
    """Return “When Invoice Payment Failed in Stripe, Track Custom Event in Customer.io”.

    Raises `UnknownKeyError`.
    """
    trigger_app, trigger = catalog.get_trigger(trigger_ref)
    action_app, action = catalog.get_action(action_ref)
    return f"When {trigger.name} in {trigger_app.name}, {action.name} in {action_app.name}"


def open_fields(definition: Definition, *, catalog: Catalog = BUILT_IN) -> list[Problem]:
    """Return what an operator still has to fill or confirm before the definition can be published."""
    problems = validate(definition, connections={}, catalog=catalog)
    return [problem for problem in problems if problem.code in _OPEN]
