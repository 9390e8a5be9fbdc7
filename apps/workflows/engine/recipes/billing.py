"""What a recipe does before and in each Stripe action when another app's event starts it.

Amounts, prices and addresses are never guessed, and neither is which of several
payments, invoices or subscriptions is meant: those stay open, or end the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from apps.workflows.engine.definition import FilterStep, TemplateMapping, ValueMapping
from apps.workflows.engine.definition import Mapping as Filling
from apps.workflows.engine.recipes.customers import (
    at_most_one,
    known_of,
    nobody,
    the_customer,
)
from apps.workflows.engine.recipes.expressions import (
    Inputs,
    given,
    leaf,
    output,
    rows,
    same,
    template,
)
from apps.workflows.engine.recipes.people import email_of
from apps.workflows.engine.recipes.remarks import origin_of, remark_on
from apps.workflows.engine.recipes.scenes import Parts, Scene, look_up

Plan = Callable[[Scene], Parts]


def _of_customer(
    scene: Scene, *, key: str, email_key: str = "", fixed: Mapping[str, Any] | None = None
) -> Parts:
    """Fill the customer's id, and the e-mail where the action has a place for it."""
    known = known_of(scene)
    found = the_customer(scene, known)
    inputs: Inputs = given(**{key: found.id, email_key: known.email} if email_key else {key: found.id})
    return Parts({**inputs, **_fixed(fixed)}, found.steps)


def _by_email(scene: Scene, *, key: str, fixed: Mapping[str, Any] | None = None) -> Parts:
    return Parts({**given(**{key: email_of(scene)}), **_fixed(fixed)})


def _open(_: Scene, **fixed: Any) -> Parts:
    """Fill nothing but what is the same for everybody."""
    return Parts(_fixed(fixed))


def _fixed(values: Mapping[str, Any] | None) -> dict[str, Filling]:
    return {key: ValueMapping(value=each) for key, each in (values or {}).items()}


def _only(
    scene: Scene,
    what: str,
    *,
    key: str,
    search: str,
    by: str = "customer",
    where: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> Parts:
    """Fill the id of the customer's only one; with none or several the action fails for want of it."""
    where = {**(where or {}), "limit": 2}
    parts = _searched_for(scene, f"only {what}", key=key, search=search, by=by, where=where, pick="only_id")
    return Parts({**parts.inputs, **_fixed(fixed)}, parts.steps)


def _newest(scene: Scene, what: str, *, key: str, search: str) -> Parts:
    """Fill the id of the customer's newest one, which is only read."""
    return _searched_for(
        scene, f"newest {what}", key=key, search=search, by="customer", where={"limit": 1}, pick="first_id"
    )


def _searched_for(
    scene: Scene, which: str, *, key: str, search: str, by: str, where: Mapping[str, Any], pick: str
) -> Parts:
    found = the_customer(scene, known_of(scene))
    if not found.id:
        return Parts({}, found.steps)
    step = look_up(
        scene.action_app,
        search,
        connection=scene.target,
        inputs={by: template(found.id), **_fixed(where)},
        step_id=which.replace(" ", "_"),
        name=f"Find the {which}",
    )
    theirs = same(f"steps.{step.id}.items[0].customer", found.id)
    check = FilterStep(
        id="of_this_customer",
        name="What was found is of this customer",
        condition={"any": [leaf("is_empty", f"steps.{step.id}.{pick}"), theirs]},
    )
    return Parts(given(**{key: f"steps.{step.id}.{pick}"}), (*found.steps, step, check))


def _with_status(*clauses: tuple[str, str]) -> dict[str, Any]:
    """Return a search by customer with these comparisons of the status besides."""
    more = [{"field": "status", "operator": operator, "value": status} for operator, status in clauses]
    return {"field": "customer", "more": more}


def _new_customer(scene: Scene) -> Parts:
    """Make a customer only where none has the e-mail; run again, it makes no second one."""
    known = known_of(scene)
    found = the_customer(scene, known)
    metadata = origin_of(scene)
    inputs = {
        **given(email=known.email, name=known.name),
        **({"metadata": rows(metadata)} if metadata else {}),
    }
    return Parts(inputs, found.steps, nobody(found) if found.counts else None)


def _update_customer(scene: Scene) -> Parts:
    """Note in the metadata what happened; name and e-mail stay as Stripe has them."""
    found = the_customer(scene, known_of(scene))
    return Parts({**given(customer_id=found.id), "metadata": rows(remark_on(scene))}, found.steps)


def _checkout(scene: Scene) -> Parts:
    """Fill the customer where Stripe has one, else the e-mail; a buyer may be new."""
    known = known_of(scene)
    found = the_customer(scene, known)
    if not found.counts:
        return Parts(given(customer=found.perhaps), found.steps)
    # Stripe takes the one or the other.
    email = f"{{% unless {' or '.join(found.ids)} %}}{output(known.email)}{{% endunless %}}"
    inputs = {**given(customer=found.perhaps), "customer_email": TemplateMapping(template=email)}
    return Parts(inputs, (*found.steps, at_most_one(found)))


_customer = partial(_of_customer, key="customer")
_customer_id = partial(_of_customer, key="customer_id")
_open_invoice = partial(
    _only, what="open invoice", key="invoice_id", search="list-invoices", where={"status": "open"}
)
_subscription = partial(
    _only, what="running subscription", key="subscription_id", search="list-subscriptions"
)
_payment = partial(_only, key="payment_intent_id", search="search-payment-intents", by="value")
_searched = partial(_of_customer, key="value", fixed={"field": "customer"})

PLANS: Mapping[str, Plan] = {
    "create-customer": _new_customer,
    "get-customer": _customer_id,
    "find-customer": partial(_by_email, key="email"),
    "update-customer": _update_customer,
    "delete-customer": _customer_id,
    "list-customers": partial(_by_email, key="email"),
    "search-customers": partial(_by_email, key="value", fixed={"field": "email"}),
    "create-payment-intent": partial(_customer, email_key="receipt_email"),
    "get-payment-intent": partial(
        _newest, what="payment", key="payment_intent_id", search="list-payment-intents"
    ),
    "confirm-payment-intent": partial(
        _payment, where=_with_status(("is", "requires_confirmation")), what="payment to confirm"
    ),
    "capture-payment-intent": partial(
        _payment, where=_with_status(("is", "requires_capture")), what="payment to capture"
    ),
    "cancel-payment-intent": partial(
        _payment,
        where=_with_status(("is_not", "succeeded"), ("is_not", "canceled"), ("is_not", "processing")),
        what="open payment",
    ),
    "list-payment-intents": _customer,
    "search-payment-intents": _searched,
    "create-charge": partial(_customer, email_key="receipt_email"),
    "get-charge": partial(_newest, what="charge", key="charge_id", search="list-charges"),
    "list-charges": _customer,
    # Which charge is paid back, and how much of it, only the operator knows.
    "create-refund": _open,
    "get-balance": _open,
    "create-invoice": _customer,
    "create-invoice-item": _customer,
    "get-invoice": partial(_newest, what="invoice", key="invoice_id", search="list-invoices"),
    "finalize-invoice": partial(_open_invoice, where={"status": "draft"}, what="draft invoice"),
    "send-invoice": _open_invoice,
    "pay-invoice": _open_invoice,
    "void-invoice": _open_invoice,
    "list-invoices": _customer,
    "search-invoices": _searched,
    "create-subscription": _customer,
    "get-subscription": partial(
        _newest, what="subscription", key="subscription_id", search="list-subscriptions"
    ),
    "update-subscription": _subscription,
    # What is paid for is kept: the operator switches it off to end one at once.
    "cancel-subscription": partial(_subscription, fixed={"cancel_at_period_end": True}),
    "list-subscriptions": _customer,
    "create-checkout-session": _checkout,
    "create-billing-portal-session": _customer,
    "create-coupon": partial(_open, duration="once", max_redemptions=1),
    "create-promotion-code": partial(_customer, fixed={"max_redemptions": 1}),
}
"""By the key of the action. What is missing here concerns nobody in particular and stays open."""


# What a step makes for the person, who does not have it by that alone.
_HANDED_ON = {
    "create-billing-portal-session": "url",
    "create-checkout-session": "url",
    "create-coupon": "coupon_id",
    "create-payment-link": "url",
    "create-promotion-code": "code",
}

_NOTES = {
    "create-customer": "Create Customer is skipped for everybody whom Stripe knows already.",
    "create-billing-portal-session": (
        "The address is for this customer alone: whoever opens it sees their invoices and payment methods "
        "and can change them. Give it to nobody else, and post it nowhere."
    ),
    "update-subscription": (
        "A coupon or promotion code takes the place of every discount that the subscription has; where both "
        "are left empty, its discounts stay."
    ),
}


def billing_of(scene: Scene) -> Parts | None:
    """Return the parts of a recipe for this Stripe action, None where Stripe's own events start it."""
    if scene.action_app.key != "stripe" or scene.trigger_app.key == "stripe":
        return None
    plan: Plan = PLANS.get(scene.action.key, _open)
    return replace(plan(scene), notes=_notes(scene))


def _notes(scene: Scene) -> str:
    return " ".join(note for note in (_NOTES.get(scene.action.key, ""), _handed_on(scene)) if note)


def _handed_on(scene: Scene) -> str:
    key = scene.action.key
    made = _HANDED_ON.get(key)
    if made is None or scene.trigger_app.key != "customerio":
        return ""
    at = output(f"steps.{key.replace('-', '_')}.{made}")
    return (
        "Nobody is sent what this makes. To send it, add the step Track Custom Event in Customer.io "
        f"with {at} in its data: the event starts a campaign."
    )
