"""What a recipe puts before its action, and what fills the action's inputs."""

from collections.abc import Callable, Mapping

from apps.catalog.spec import Field, Semantic
from apps.workflows.engine.recipes.announcing import announcement_of
from apps.workflows.engine.recipes.billing import billing_of
from apps.workflows.engine.recipes.expressions import Inputs, first_of, given, rows, value
from apps.workflows.engine.recipes.people import find_person
from apps.workflows.engine.recipes.scenes import Parts, Scene
from apps.workflows.engine.recipes.story_parts import Story
from apps.workflows.engine.recipes.telling import story_of

_FIRST_NAME = "{name} | strip | split: ' ' | first"
_LAST_NAME = "{name} | squish | split: ' ' | slice: 1, 20 | join: ' '"
_RENAMED = (
    "Where the e-mail has changed, the person is named by the one before, so that no second person is made. "
    "Named so, the person keeps the old e-mail, and Customer.io's activity log tells it: Customer.io changes "
    "an e-mail only of somebody who is named by cio_. To change it, put Find Person before this step, by the "
    "e-mail before, and name the person by cio_ and the Customer.io id that it finds."
)


def parts_of(scene: Scene) -> Parts:
    """Return the parts of a recipe: by hand where the action is known, else by what fields mean."""
    billing = billing_of(scene)
    if billing is not None:
        return billing
    told = announcement_of(scene) or _ids(scene)
    if told:
        return Parts(told)
    person = find_person(scene)
    story = story_of(scene, (step.id for step in person.steps))
    by_hand = _BY_HAND.get(scene.action_ref)
    inputs = by_hand(story, person.email) if by_hand is not None else _by_meaning(scene, story, person.email)
    renames = by_hand is _identify and bool(story.former_email)
    return Parts(inputs, person.steps, notes=_RENAMED if renames else "")


def _names(story: Story) -> dict[str, str]:
    if not story.name:
        return {}
    return {
        "first_name": _FIRST_NAME.format(name=story.name),
        "last_name": _LAST_NAME.format(name=story.name),
    }


def _identify(story: Story, email: str) -> Inputs:
    # By the new one alone, a changed e-mail would make a second person.
    known_by = first_of(f"{story.former_email} | strip", email) if story.former_email else email
    return {
        **given(
            identifier=known_by, email=email, **_names(story), plan=story.plan, created_at=story.created_at
        ),
        "attributes": rows(story.attributes),
    }


def _track(story: Story, email: str) -> Inputs:
    return {**given(identifier=email), **_event(story)}


def _event(story: Story) -> Inputs:
    return {"name": value(story.event_name), "data": rows(story.data)}


def _send(story: Story, email: str) -> Inputs:
    """Leave out which message to send: only the operator knows."""
    return {
        **given(to=email, identifiers_email=email),
        "message_data": rows({**_names(story), **story.data}),
    }


def _broadcast(story: Story, email: str) -> Inputs:
    return {**given(emails=email), "data": rows({**_names(story), **story.data})}


def _identified(_: Story, email: str) -> Inputs:
    return given(identifier=email)


def _identified_by_email(_: Story, email: str) -> Inputs:
    return {**given(identifier=email), "id_type": value("email")}


def _merge(_: Story, email: str) -> Inputs:
    """Leave out who is merged into the person and deleted: only the operator knows."""
    return {**given(primary=email), "primary_type": value("email")}


def _anonymous(story: Story, _: str) -> Inputs:
    return _event(story)


_BY_HAND: Mapping[str, Callable[[Story, str], Inputs]] = {
    "customerio.identify-person": _identify,
    "customerio.track-event": _track,
    "customerio.track-anonymous-event": _anonymous,
    "customerio.send-transactional-email": _send,
    "customerio.send-broadcast": _broadcast,
    "customerio.find-person": _identified_by_email,
    "customerio.add-to-segment": _identified_by_email,
    "customerio.remove-from-segment": _identified_by_email,
    "customerio.suppress-person": _identified,
    "customerio.unsuppress-person": _identified,
    "customerio.merge-people": _merge,
    "customerio.delete-person": _identified,
}

# A provider's amounts and words mean something else in another object.
_UNSAFE = (Semantic.AMOUNT, Semantic.STATUS, Semantic.DESCRIPTION)

# An id is one app's own; the other app's thing of the same kind is another.
_OWN = (
    Semantic.CUSTOMER,
    Semantic.SUBSCRIPTION,
    Semantic.INVOICE,
    Semantic.CHARGE,
    Semantic.PAYMENT_INTENT,
)


def _by_meaning(scene: Scene, story: Story, email: str) -> Inputs:
    """Map fields that mean the same where exactly one does; the rest is the operator's."""
    inputs: Inputs = {}
    for field in scene.action.inputs:
        if field.semantic is Semantic.EVENT_NAME:
            inputs[field.key] = value(story.event_name)
        elif field.semantic is Semantic.EVENT_DATA:
            inputs[field.key] = rows(story.data)
        elif field.semantic in (Semantic.EMAIL, Semantic.PERSON_ID):
            inputs.update(given(**{field.key: email}))
        elif field.semantic not in (None, *_UNSAFE, *_OWN):
            inputs.update(given(**{field.key: _same(scene, field)}))
    return inputs


def _ids(scene: Scene) -> Inputs:
    """Return the ids that an event and an action of the same app have in common.

    They say it all: a name or an e-mail beside them would write over what stands
    there. Of inputs that exclude each other the first is filled.
    """
    if scene.trigger_app.key != scene.action_app.key:
        return {}
    found = given(
        **{field.key: _same(scene, field) for field in scene.action.inputs if field.semantic in _OWN}
    )
    for group in scene.action.one_of:
        for key in [key for key in group if key in found][1:]:
            del found[key]
    return found


def _same(scene: Scene, field: Field) -> str:
    """Return the trigger's only field that means the same as the input, or ""."""
    same = [source.key for source in scene.fields if source.semantic is field.semantic]
    return f"trigger.{same[0]}" if len(same) == 1 else ""
