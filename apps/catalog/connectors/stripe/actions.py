"""What Tandem can do in Stripe: the look-ups that find what an event does not carry.

Each is one method of the SDK and the fields that are read of its answer.
"""

from typing import Any

from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.catalog.connectors.stripe.fields import billing, payments, subscriptions
from apps.catalog.connectors.stripe.flatten import Pick, fields_of, read
from apps.catalog.errors import Permanent
from apps.catalog.spec import Action, ActionCall, CallContext, Effect, Field, Idempotency, Semantic

# The id becomes one segment of the path: "." and ".." would climb, an empty one would list everything.
_ID = r"(?!\.{1,2}\Z)[^\s/?#%]{1,255}"


def _retrieve(method: str, id_key: str, picks: tuple[Pick, ...]) -> ActionCall:
    """Return the call that reads one object by the id in the input `id_key`."""

    def call(context: CallContext) -> dict[str, Any]:
        caller = Caller(context.account, context.send, context.deadline)
        found = invoke(caller, method, context.inputs[id_key], fields={"id": id_key})
        if found.get("deleted") is True:
            raise Permanent(
                "This object was deleted in Stripe; only its id is left.",
                code="deleted",
                remedy="Filter such events out, or take the value from elsewhere.",
                field=id_key,
                gone=True,
            )
        return read(picks, found)

    return call


def _look_up(
    *,
    key: str,
    name: str,
    description: str,
    method: str,
    id_field: Field,
    picks: tuple[Pick, ...],
    docs: str,
) -> Action:
    return Action(
        key=key,
        name=name,
        description=description,
        inputs=(id_field,),
        outputs=fields_of(picks),
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=_retrieve(method, id_field.key, picks),
        requires=("api_key",),
        provider_id=id_field.key,
        docs_url=f"https://docs.stripe.com/api/{docs}/retrieve",
    )


def _id(key: str, label: str, prefix: str, example: str, semantic: Semantic) -> Field:
    return Field(
        key=key,
        label=label,
        required=True,
        help_text=f"Stripe's id; starts with {prefix}",
        pattern=_ID,
        example=example,
        semantic=semantic,
    )


ACTIONS: tuple[Action, ...] = (
    _look_up(
        key="get-customer",
        name="Get Customer",
        description="Read a customer: e-mail, name, phone, address, metadata.",
        method="customers.retrieve",
        id_field=_id("customer_id", "Customer id", "cus_", "cus_R8kTq2LwPzNf4J", Semantic.CUSTOMER),
        picks=billing.CUSTOMER_OBJECT,
        docs="customers",
    ),
    _look_up(
        key="get-charge",
        name="Get Charge",
        description="Read a charge: amount, status, card, and the payer's e-mail and customer.",
        method="charges.retrieve",
        id_field=_id("charge_id", "Charge id", "ch_", "ch_3SVn8aLm2VtXe0Zb0rTq6XyC", Semantic.CHARGE),
        picks=payments.CHARGE,
        docs="charges",
    ),
    _look_up(
        key="get-invoice",
        name="Get Invoice",
        description="Read an invoice: amounts, status, customer, subscription, addresses of page and PDF.",
        method="invoices.retrieve",
        id_field=_id("invoice_id", "Invoice id", "in_", "in_1SWq5bLm2VtXe0ZbT7hRk2Dv", Semantic.INVOICE),
        picks=billing.INVOICE_PAID,
        docs="invoices",
    ),
    _look_up(
        key="get-subscription",
        name="Get Subscription",
        description="Read a subscription: status, plan, period, trial, customer.",
        method="subscriptions.retrieve",
        id_field=_id(
            "subscription_id",
            "Subscription id",
            "sub_",
            "sub_1SWq5bLm2VtXe0ZbM4wPz6Jc",
            Semantic.SUBSCRIPTION,
        ),
        picks=subscriptions.SUBSCRIPTION,
        docs="subscriptions",
    ),
)
