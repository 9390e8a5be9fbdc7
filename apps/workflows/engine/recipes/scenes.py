"""What a recipe is made for, and what it comes to."""

from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import Action, App, Field, Trigger
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, FilterStep
from apps.workflows.engine.definition import Mapping as Filling
from apps.workflows.engine.recipes.expressions import Inputs


@dataclass(frozen=True, slots=True)
class Scene:
    """The two ends of a recipe, and the connections (codes) that it goes over.

    `account_fields` are the Auth fields that the trigger's connection has, None for all.
    """

    trigger_app: App
    trigger: Trigger
    trigger_ref: str
    action_app: App
    action: Action
    action_ref: str
    source: str
    target: str
    account_fields: frozenset[str] | None
    catalog: Catalog

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the trigger's own fields."""
        return self.trigger.fields

    def can_read(self, action: Action) -> bool:
        """Tell whether the trigger's connection has what one of its app's actions needs."""
        return self.account_fields is None or self.account_fields.issuperset(action.requires)


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands before the action, what fills it, when it is done, and a word to whoever edits it."""

    inputs: Inputs
    steps: tuple[ActionStep | FilterStep, ...] = ()
    run_if: dict[str, Any] | None = None
    notes: str = ""


def look_up(
    app: App,
    key: str,
    *,
    connection: str,
    inputs: dict[str, Filling],
    run_if: dict[str, Any] | None = None,
    step_id: str = "",
    name: str = "",
) -> ActionStep:
    """Return a step that reads, called as the action unless said otherwise.

    Raises `ValueError` where the app has no such action.
    """
    action = app.action(key)
    if action is None:
        raise ValueError(f"{app.key} has no action {key}.")
    return ActionStep(
        id=step_id or key.replace("-", "_"),
        name=name or action.name,
        action=f"{app.key}.{key}",
        connection=connection,
        inputs=inputs,
        run_if=run_if,
    )
