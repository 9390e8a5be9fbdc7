"""Actions about people."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from apps.catalog.connectors.customerio import payloads
from apps.catalog.connectors.customerio.actions.calls import (
    APP_DOCS,
    APP_KEYS,
    TRACK_DOCS,
    TRACK_KEYS,
    track,
)
from apps.catalog.connectors.customerio.actions.finding import find_person
from apps.catalog.connectors.customerio.client import person_path, segment_path
from apps.catalog.connectors.customerio.fields import people as fields
from apps.catalog.spec import Action, CallContext, Effect, Idempotency


def identify_person(context: CallContext) -> dict[str, Any]:
    """Create or update a person. Raises a `CallError`, or what `send` raises."""
    identifier, body = payloads.identify_person(context.inputs)
    track(context, "PUT", person_path(identifier), body)
    return {"identifier": identifier}


def delete_person(context: CallContext) -> dict[str, Any]:
    """Delete a person; an unknown one is no error at Customer.io."""
    identifier = payloads.person(context.inputs)
    track(context, "DELETE", person_path(identifier), {})
    return {"identifier": identifier}


def _post_on_person(verb: str, context: CallContext) -> dict[str, Any]:
    identifier = payloads.person(context.inputs)
    track(context, "POST", f"{person_path(identifier)}/{verb}", {})
    return {"identifier": identifier}


def _change_segment(verb: str, context: CallContext) -> dict[str, Any]:
    number, id_type, body = payloads.segment_members(context.inputs)
    track(context, "POST", segment_path(number, verb, id_type), body)
    return {"segment_id": number, "count": len(body["ids"])}


def merge_people(context: CallContext) -> dict[str, Any]:
    """Merge the second person into the first, which alone is left."""
    body = payloads.merge_people(context.inputs)
    track(context, "POST", "/api/v1/merge_customers", body)
    return {side: next(iter(body[side].values())) for side in ("primary", "secondary")}


def _checked(prepare: Callable[[Mapping[str, Any]], object]) -> Callable[[Mapping[str, Any]], None]:
    """Return the check that preparing what is sent amounts to."""

    def check(inputs: Mapping[str, Any]) -> None:
        prepare(inputs)

    return check


_AGAIN = "A later call about the same identifier creates a new, empty person."

IDENTIFY = Action(
    key="identify-person",
    name="Identify Person",
    description="Creates a person or updates the attributes of one.",
    inputs=fields.IDENTIFY_INPUTS,
    outputs=fields.PERSON_OUTPUTS,
    effect=Effect.UPSERT,
    idempotency=Idempotency.NATURAL,
    call=identify_person,
    check=_checked(payloads.identify_person),
    requires=TRACK_KEYS,
    docs_url=f"{TRACK_DOCS}#operation/identify",
)
DELETE = Action(
    key="delete-person",
    name="Delete Person",
    description="Deletes a person and everything that Customer.io knows of them.",
    inputs=(fields.IDENTIFIER,),
    outputs=fields.PERSON_OUTPUTS,
    effect=Effect.DELETE,
    idempotency=Idempotency.NATURAL,
    call=delete_person,
    check=_checked(payloads.person),
    requires=TRACK_KEYS,
    danger=(
        "This deletes the person with all attributes, events and messages in Customer.io and can't be "
        f"undone. {_AGAIN}"
    ),
    docs_url=f"{TRACK_DOCS}#operation/delete",
)
SUPPRESS = Action(
    key="suppress-person",
    name="Suppress Person",
    description="Deletes a person and blocks the identifiers, so that nothing can be sent to them any more.",
    inputs=(fields.IDENTIFIER,),
    outputs=fields.PERSON_OUTPUTS,
    effect=Effect.DELETE,
    idempotency=Idempotency.NATURAL,
    call=partial(_post_on_person, "suppress"),
    check=_checked(payloads.person),
    requires=TRACK_KEYS,
    danger=(
        "This deletes the person for good and makes Customer.io ignore every later call about them, without "
        "an error, until they are unsuppressed. The profile does not come back then."
    ),
    docs_url=f"{TRACK_DOCS}#operation/suppress",
)
UNSUPPRESS = Action(
    key="unsuppress-person",
    name="Unsuppress Person",
    description="Lets a suppressed person's identifiers be used again; the deleted profile stays gone.",
    inputs=(fields.IDENTIFIER,),
    outputs=fields.PERSON_OUTPUTS,
    effect=Effect.UPSERT,
    idempotency=Idempotency.NATURAL,
    call=partial(_post_on_person, "unsuppress"),
    check=_checked(payloads.person),
    requires=TRACK_KEYS,
    docs_url=f"{TRACK_DOCS}#operation/unsuppress",
)
ADD_TO_SEGMENT = Action(
    key="add-to-segment",
    name="Add to Manual Segment",
    description="Puts people into a manual segment, which can start or filter campaigns.",
    inputs=fields.SEGMENT_INPUTS,
    outputs=fields.SEGMENT_OUTPUTS,
    effect=Effect.UPSERT,
    idempotency=Idempotency.NATURAL,
    call=partial(_change_segment, "add_customers"),
    check=_checked(payloads.segment_members),
    requires=TRACK_KEYS,
    docs_url=f"{TRACK_DOCS}#operation/add_to_segment",
)
REMOVE_FROM_SEGMENT = Action(
    key="remove-from-segment",
    name="Remove from Manual Segment",
    description="Takes people out of a manual segment; the people themselves stay as they are.",
    inputs=fields.SEGMENT_INPUTS,
    outputs=fields.SEGMENT_OUTPUTS,
    effect=Effect.UPSERT,
    idempotency=Idempotency.NATURAL,
    call=partial(_change_segment, "remove_customers"),
    check=_checked(payloads.segment_members),
    requires=TRACK_KEYS,
    docs_url=f"{TRACK_DOCS}#operation/remove_from_segment",
)
MERGE = Action(
    key="merge-people",
    name="Merge People",
    description="Makes one person of two, for example of a visitor's and a customer's profile.",
    inputs=fields.MERGE_INPUTS,
    outputs=fields.MERGE_OUTPUTS,
    effect=Effect.DELETE,
    # Repeated, it is refused in words of no stated form, as the second person is gone by then: nothing tells
    # that from two people who could not be merged. So a person looks.
    idempotency=Idempotency.NONE,
    call=merge_people,
    check=_checked(payloads.merge_people),
    requires=TRACK_KEYS,
    danger=(
        "This merges the second person into the first and deletes the second. It can't be undone, and where "
        "both have an attribute, the second person's value is lost."
    ),
    docs_url=f"{TRACK_DOCS}#operation/merge",
)
FIND = Action(
    key="find-person",
    name="Find Person",
    description="Reads a person's identifiers and attributes, such as the id of the customer in Stripe.",
    inputs=fields.FIND_INPUTS,
    outputs=fields.FIND_OUTPUTS,
    effect=Effect.READ,
    idempotency=Idempotency.NATURAL,
    call=find_person,
    check=_checked(payloads.who),
    requires=APP_KEYS,
    docs_url=f"{APP_DOCS}#operation/getPersonAttributes",
)
