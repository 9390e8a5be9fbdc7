"""The story of any trigger: as written, else told by its fields; only with what can be read."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from apps.catalog.spec import FieldType, Semantic, Trigger
from apps.workflows.engine.recipes.expressions import readable
from apps.workflows.engine.recipes.people import semantic
from apps.workflows.engine.recipes.scenes import Scene
from apps.workflows.engine.recipes.stories import STORIES
from apps.workflows.engine.recipes.story_parts import Story

_RESERVED = frozenset({"recipient", "from_address", "reply_to"})
"""In an event's data they would change who gets the mail."""

_EVENTS = {"webhook.trigger-catch": "request_received"}
"""Names of events, where the trigger's key is none."""

_WHOLE = (FieldType.OBJECT, FieldType.LIST)


def story_of(scene: Scene, steps: Iterable[str]) -> Story:
    """Return what a trigger tells where these steps stand before the action."""
    story = STORIES.get(scene.trigger_ref) or _default(scene)
    known = tuple(steps)
    return replace(
        story,
        data=_kept(story.data, known),
        attributes=_kept(story.attributes, known),
        name=readable(story.name, known),
        plan=readable(story.plan, known),
        created_at=readable(story.created_at, known),
    )


def _kept(expressions: Mapping[str, str], steps: tuple[str, ...]) -> dict[str, str]:
    kept = {key: readable(expression, steps) for key, expression in expressions.items()}
    return {key: expression for key, expression in kept.items() if expression}


def _default(scene: Scene) -> Story:
    return Story(
        event_name=_EVENTS.get(scene.trigger_ref) or scene.trigger.key.replace("-", "_"),
        data=_fields_of(scene.trigger),
        name=semantic(scene, Semantic.FULL_NAME),
        plan=semantic(scene, Semantic.PLAN),
    )


def _fields_of(trigger: Trigger) -> dict[str, str]:
    """Return every field that is one value; what is whole may be of any size."""
    told = (field for field in trigger.fields if field.type not in _WHOLE and field.key not in _RESERVED)
    return {field.key: f"trigger.{field.key}" for field in told}
