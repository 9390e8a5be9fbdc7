"""Finding the person's e-mail: in the event, else by look-up steps before the action."""

from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import LookUp, Semantic
from apps.workflows.engine.definition import ActionStep
from apps.workflows.engine.recipes.expressions import first_of, leaf, template
from apps.workflows.engine.recipes.scenes import Scene


@dataclass(frozen=True, slots=True)
class Person:
    """How a recipe knows the person: steps that come first, and the e-mail as an expression.

    `email` is "" where neither the event nor a look-up tells it.
    """

    steps: tuple[ActionStep, ...]
    email: str


def find_person(scene: Scene) -> Person:
    """Return the look-ups that a trigger names and the e-mail behind them.

    A look-up runs only while there is no e-mail yet and there is something to
    look up by; the only source of an e-mail always runs, and fails with the
    reason where it has nothing to look up by.
    """
    own = email_of(scene)
    known = [own] if own else []
    steps: list[ActionStep] = []
    for each in scene.trigger.email_from:
        _, action = scene.catalog.get_action(f"{scene.trigger_app.key}.{each.action}")
        if known and not scene.can_read(action):
            continue
        step = _step(scene, each, steps, known)
        steps.append(step)
        known.append(f"steps.{step.id}.{each.output}")
    return Person(tuple(steps), first_of(*known))


def email_of(scene: Scene) -> str:
    """Return the expression of the e-mail that the event itself has, or ""."""
    return semantic(scene, Semantic.EMAIL)


def semantic(scene: Scene, meaning: Semantic) -> str:
    """Return the expression of the first field that means this, or ""."""
    return next((f"trigger.{field.key}" for field in scene.fields if field.semantic is meaning), "")


def _step(scene: Scene, each: LookUp, before: list[ActionStep], known: list[str]) -> ActionStep:
    ref = f"{scene.trigger_app.key}.{each.action}"
    source = _source(scene, each, before)
    _, action = scene.catalog.get_action(ref)
    return ActionStep(
        id=each.action.removeprefix("get-").replace("-", "_"),
        name=action.name,
        action=ref,
        connection=scene.source,
        inputs={each.input: template(source)},
        run_if=_while_unknown(known, source) if known else None,
    )


def _source(scene: Scene, each: LookUp, before: list[ActionStep]) -> str:
    """Return where a look-up's input comes from: the event, else the nearest look-up that gives it."""
    if any(field.key == each.source for field in scene.fields):
        return f"trigger.{each.source}"
    for step in reversed(before):
        _, action = scene.catalog.get_action(step.action)
        if any(field.key == each.source for field in action.outputs):
            return f"steps.{step.id}.{each.source}"
    raise ValueError(f"Nothing before {each.action} of {scene.trigger_ref} gives {each.source}.")


def _while_unknown(known: list[str], source: str) -> dict[str, Any]:
    return {"all": [leaf("is_empty", first_of(*known)), leaf("is_not_empty", source)]}
