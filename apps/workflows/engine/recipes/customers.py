"""Finding the person's customer in the app of the action.

By the id that the app of the trigger keeps with the person, else by e-mail.
Nobody is ever guessed: an id that is another person's ends the run, and so does
an e-mail that none or several have.
"""

from dataclasses import dataclass, replace
from typing import Any

from apps.catalog.spec import Action, Semantic
from apps.workflows.engine.definition import ActionStep, FilterStep, TemplateMapping
from apps.workflows.engine.recipes.expressions import first_of, leaf, same, template, value
from apps.workflows.engine.recipes.people import email_of, find_person, semantic
from apps.workflows.engine.recipes.scenes import Scene, look_up

_IDENTIFIER = first_of("trigger.cio_id", "trigger.customer_id", "trigger.email")
_KIND = "{% if trigger.cio_id %}cio_id{% elsif trigger.customer_id %}id{% else %}email{% endif %}"
_NOT_ONE = "No customer has the e-mail of this person, or more than one has."


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the person before anything is asked of the action's app; expressions, or "".

    `customer` is an attribute, which anybody may have set: it counts for nothing
    until the customer is seen to have `own_email`, the one of the person's profile.
    """

    steps: tuple[ActionStep, ...] = ()
    email: str = ""
    own_email: str = ""
    customer: str = ""
    name: str = ""
    sure: dict[str, Any] | None = None
    """The condition that `email` is the person's; None where it can't be another's."""


@dataclass(frozen=True, slots=True)
class Found:
    """The steps that find a customer, and the expressions of the id, of which one at most has a value.

    `counts` are the expressions of how many each search found; null where it was not needed.
    """

    steps: tuple[ActionStep | FilterStep, ...] = ()
    ids: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return the expression of the id, which fails where nobody or several were found; "" without any."""
        return f"{self.perhaps} | required: '{_NOT_ONE}'" if self.ids else ""

    @property
    def perhaps(self) -> str:
        """Return the expression of the id, null where nobody or several were found."""
        return first_of(*self.ids)


def known_of(scene: Scene) -> Known:
    """Return what the event tells of the person, and their profile where its app has one to read."""
    if scene.trigger_app.key == "customerio":
        return _profile_of(scene)
    person = find_person(scene)
    email = f"{person.email} | strip" if person.email else ""
    return Known(person.steps, email, name=semantic(scene, Semantic.FULL_NAME))


def the_customer(scene: Scene, known: Known) -> Found:
    """Return the customer, who may not be there yet; `Found.id` demands exactly one.

    By the id that is kept of them, else by e-mail. The list knows who was made
    just now, but only an e-mail in the same capital and small letters; the search
    knows every spelling, up to a minute late.
    """
    kept = _kept(scene, known) if known.customer else Found()
    if not known.email:
        return replace(kept, steps=(*known.steps, *kept.steps))
    unknown = [leaf("is_empty", known.customer)] if known.customer else []
    unknown += [known.sure] if known.sure else []
    listed = look_up(
        scene.action_app,
        "list-customers",
        connection=scene.target,
        # Without an e-mail the list would be of all customers.
        inputs={"email": template(f"{known.email} | required"), "limit": value(2)},
        run_if={"all": unknown} if unknown else None,
        name="Look for a customer with this e-mail",
    )
    searched = look_up(
        scene.action_app,
        "search-customers",
        connection=scene.target,
        inputs={
            "field": value("email"),
            "value": template(f"{known.email} | required"),
            "limit": value(2),
        },
        run_if={"all": [leaf("equals", f"steps.{listed.id}.count", 0)]},
        name="Look for one who writes it in other letters",
    )
    searches = (listed, searched)
    return Found(
        (*known.steps, *kept.steps, *searches),
        (*kept.ids, *(f"steps.{step.id}.only_id" for step in searches)),
        tuple(f"steps.{step.id}.count" for step in searches),
    )


def _kept(scene: Scene, known: Known) -> Found:
    """Return the customer whose id is kept with the person, once they have the person's e-mail."""
    step = look_up(
        scene.action_app,
        "get-customer",
        connection=scene.target,
        inputs={"customer_id": template(f"{known.customer} | strip | required")},
        run_if={"all": [leaf("is_not_empty", known.customer)]},
        step_id="kept_customer",
        name=f"Get the customer whom {scene.trigger_app.name} names",
    )
    email = f"steps.{step.id}.email"
    theirs = {
        "all": [
            leaf("is_not_empty", email),
            same(f"{email} | strip | downcase", f"{known.own_email} | strip | downcase"),
        ]
    }
    check = FilterStep(
        id="same_email",
        name="This customer has the e-mail of the person",
        condition={"any": [leaf("is_empty", known.customer), theirs]},
    )
    return Found((step, check), (f"steps.{step.id}.customer_id",))


def nobody(found: Found) -> dict[str, Any]:
    """Return the condition that every search was made and found none."""
    return {"all": [leaf("equals", count, 0) for count in found.counts]}


def at_most_one(found: Found) -> FilterStep:
    """Return the filter that ends a run where an e-mail finds several customers."""
    condition = {"all": [{"not": leaf("at_least", count, 2)} for count in found.counts]}
    return FilterStep(id="one_customer", name="Only one customer has this e-mail", condition=condition)


def _profile_of(scene: Scene) -> Known:
    """Return what Customer.io knows of the person: the profile too, where its key may read it.

    The event's e-mail may be a message's recipient, who is not always the person:
    it counts where nobody has a profile.
    """
    email = email_of(scene)
    find = scene.trigger_app.action("find-person")
    if find is None or not scene.can_read(find):
        return Known(email=f"{email} | strip" if email else "")
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
    own = f"{at}.email"
    kept = f"{scene.action_app.key}_customer_id"
    return Known(
        steps=(step,),
        email=f"{first_of(f'{own} | strip', email)} | strip",
        own_email=own,
        customer=f"{at}.{kept}" if _gives(find, kept) else "",
        name=f"{at}.first_name | append: ' ' | append: {at}.last_name | strip",
        sure={"any": [{"not": leaf("is_true", f"{at}.found")}, leaf("is_not_empty", own)]},
    )


def _gives(action: Action, key: str) -> bool:
    return any(field.key == key for field in action.outputs)
