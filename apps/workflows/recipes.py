"""Recipes over real connections."""

from apps.connections.models import Connection
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.recipes import build_recipe
from apps.workflows.services import fields_of


def recipe_over(trigger_ref: str, action_ref: str, *, source: Connection, target: Connection) -> Definition:
    """Return the recipe of a trigger and an action, with only such look-ups as the source's keys allow.

    Raises `UnknownKeyError`.
    """
    return build_recipe(
        trigger_ref,
        action_ref,
        trigger_connection=str(source.code),
        action_connection=str(target.code),
        account_fields=fields_of(source),
    )
