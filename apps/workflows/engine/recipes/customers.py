"""Finding the person's customer in the app of the action.

By the id that the app of the trigger keeps with the person, else by e-mail.
Nobody is ever guessed: a search that finds none or several ends the run.
"""

from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import Action, Semantic
from apps.workflows.engine.definition import ActionStep, FilterStep, TemplateMapping
from apps.workflows.engine.recipes.expressions import first_of, leaf, template, value
from apps.workflows.engine.recipes.people import email_of, find_person, semantic
from apps.workflows.engine.recipes.scenes import Scene, look_up

_IDENTIFIER = first_of("trigger.cio_id", "trigger.customer_id", "trigger.email")
_KIND = "{% if trigger.cio_id %}cio_id{% elsif trigger.customer_id %}id{% else %}email{% endif %}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person before anything is asked of the action's app; expressions, or ""."""

    steps: tuple[ActionStep, ...] = ()
    email: str = ""
    customer: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The steps that find a thing, and the expression of its id; "" where there is nothing to find it by.

    `counts` are the expressions of how many each search found; null where it was not needed.
    """

    steps: tuple[ActionStep | FilterStep, ...] = ()
    id: str = ""
    counts: tuple[str, ...] = ()


def known_of(scene: Scene) -> Known:
    """Return what the event tells of the person, and their profile where its app has one to read."""
    if scene.trigger_app.key == "customerio":
        return _profile_of(scene)
    person = find_person(scene)
    return Known(person.steps, person.email, name=semantic(scene, Semantic.FULL_NAME))


def the_customer(scene: Scene, known: Known) -> Found:
    """Return the one customer; the search fails with the reason where there is none, or more than one."""
    if not known.email:
        return Found(known.steps, known.customer)
    find = look_up(
        scene.action_app,
        "find-customer",
        connection=scene.target,
        inputs={"email": template(known.email)},
        run_if={"all": [leaf("is_empty", known.customer)]} if known.customer else None,
    )
    return Found((*known.steps, find), first_of(known.customer, f"steps.{find.id}.customer_id"))


def perhaps_a_customer(scene: Scene, known: Known) -> Found:
    """Return a customer who may not be there yet.

    The list knows who was made just now, but only an e-mail in the same capital
    and small letters; the search knows every spelling, up to a minute late.
    """
    if not known.email:
        return Found(known.steps, known.customer)
    listed = look_up(
        scene.action_app,
        "list-customers",
        connection=scene.target,
        # Without an e-mail the list would be of all customers.
        inputs={"email": template(f"{known.email} | required"), "limit": value(2)},
        run_if={"all": [leaf("is_empty", known.customer)]} if known.customer else None,
        name="Look for a customer with this e-mail",
    )
    count = f"steps.{listed.id}.count"
    searched = look_up(
        scene.action_app,
        "search-customers",
        connection=scene.target,
        inputs={"field": value("email"), "value": template(known.email), "limit": value(2)},
        run_if={"all": [leaf("equals", count, 0)]},
        name="Look for one who writes it in other letters",
    )
    steps = (listed, searched)
    ids = (f"steps.{step.id}.only_id" for step in steps)
    counts = tuple(f"steps.{step.id}.count" for step in steps)
    return Found((*known.steps, *steps), first_of(known.customer, *ids), counts)


def nobody(found: Found) -> dict[str, Any]:
    """Return the condition that every search was made and found none."""
    return {"all": [leaf("equals", count, 0) for count in found.counts]}


def at_most_one(found: Found) -> FilterStep:
    """Return the filter that ends a run where an e-mail finds several customers."""
    condition = {"all": [{"not": leaf("at_least", count, 2)} for count in found.counts]}
    return FilterStep(id="one_customer", name="Only one customer has this e-mail", condition=condition)


def _profile_of(scene: Scene) -> Known:
    """Return what Customer.io knows of the person: the profile too, where its key may read it."""
    email = email_of(scene)
    find = scene.trigger_app.action("find-person")
    if find is None or not scene.can_read(find):
        return Known(email=email)
    step = look_up(
        scene.trigger_app,
        "find-person",
        connection=scene.source,
        inputs={
            "identifier": template(_IDENTIFIER),
            "id_type": TemplateMapping(template=_KIND),
            "when_missing": value("go_on"),
        },
    )
    at = f"steps.{step.id}"
    kept = f"{scene.action_app.key}_customer_id"
    return Known(
        steps=(step,),
        email=first_of(email, f"{at}.email"),
        customer=f"{at}.{kept}" if _gives(find, kept) else "",
        name=f"{at}.first_name | append: ' ' | append: {at}.last_name | strip",
    )


def _gives(action: Action, key: str) -> bool:
    return any(field.key == key for field in action.outputs)
