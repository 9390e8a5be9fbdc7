"""What fills each action's inputs in a recipe."""

from collections.abc import Callable, Mapping

from apps.catalog.spec import Action, Field, Semantic
from apps.workflows.engine.definition import Mapping as Filling
from apps.workflows.engine.definition import ObjectMapping, TemplateMapping, ValueMapping
from apps.workflows.engine.recipes.people import Person, output
from apps.workflows.engine.recipes.stories import Story

Inputs = dict[str, Filling]

_FIRST_NAME = "{name} | strip | split: ' ' | first"
_LAST_NAME = "{name} | squish | split: ' ' | slice: 1, 20 | join: ' '"


def fill(
    ref: str, action: Action, *, story: Story | None, person: Person, fields: tuple[Field, ...]
) -> Inputs:
    """Return the inputs of an action: by hand where the pair is known, else by what fields mean."""
    by_hand = _BY_HAND.get(ref)
    if by_hand is not None and story is not None:
        return by_hand(story, person)
    return _by_meaning(action, person, fields)


def _template(expression: str) -> TemplateMapping:
    return TemplateMapping(template=output(expression))


def _rows(expressions: Mapping[str, str]) -> ObjectMapping:
    return ObjectMapping(object={key: _template(expression) for key, expression in expressions.items()})


def _names(story: Story) -> dict[str, str]:
    if not story.name:
        return {}
    return {
        "first_name": _FIRST_NAME.format(name=story.name),
        "last_name": _LAST_NAME.format(name=story.name),
    }


def _identify(story: Story, person: Person) -> Inputs:
    own = {"email": person.email, **_names(story), "plan": story.plan, "created_at": story.created_at}
    return {
        "identifier": _template(person.email),
        **{key: _template(expression) for key, expression in own.items() if expression},
        "attributes": _rows(story.attributes),
    }


def _track(story: Story, person: Person) -> Inputs:
    return {
        "identifier": _template(person.email),
        "name": ValueMapping(value=story.event_name),
        "data": _rows(story.data),
    }


def _send(story: Story, person: Person) -> Inputs:
    """Leave out which message to send: only the operator knows."""
    return {
        "to": _template(person.email),
        "identifiers_email": _template(person.email),
        "message_data": _rows({**_names(story), **story.data}),
    }


def _delete(_: Story, person: Person) -> Inputs:
    return {"identifier": _template(person.email)}


_BY_HAND: Mapping[str, Callable[[Story, Person], Inputs]] = {
    "customerio.identify-person": _identify,
    "customerio.track-event": _track,
    "customerio.send-transactional-email": _send,
    "customerio.delete-person": _delete,
}

# A provider's amounts, words and events mean something else in another object.
_UNSAFE = (Semantic.AMOUNT, Semantic.STATUS, Semantic.DESCRIPTION, Semantic.EVENT_NAME, Semantic.EVENT_DATA)


def _by_meaning(action: Action, person: Person, fields: tuple[Field, ...]) -> Inputs:
    """Map fields that mean the same where exactly one does; the rest is the operator's."""
    inputs: Inputs = {}
    for field in action.inputs:
        if field.semantic in (Semantic.EMAIL, Semantic.PERSON_ID) and person.email:
            inputs[field.key] = _template(person.email)
        elif field.semantic is not None and field.semantic not in _UNSAFE:
            same = [source.key for source in fields if source.semantic is field.semantic]
            if len(same) == 1:
                inputs[field.key] = _template(f"trigger.{same[0]}")
    return inputs
