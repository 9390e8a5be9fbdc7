"""Looking a person up in the App API, and making sure that it is the one who was asked for.

Customer.io answers 200 with nobody for a value that it does not know, and an
e-mail can belong to several people of one workspace.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from apps.catalog.connectors.customerio import payloads
from apps.catalog.connectors.customerio.actions.calls import ask
from apps.catalog.connectors.customerio.client import PROVIDER, items
from apps.catalog.connectors.customerio.fields.people import FIND_OUTPUTS
from apps.catalog.errors import Permanent
from apps.catalog.spec import CallContext

_KINDS = {"email": "e-mail", "id": "id", "cio_id": "Customer.io id"}
_ATTRIBUTES = ("first_name", "last_name", "plan", "stripe_customer_id")


def find_person(context: CallContext) -> dict[str, Any]:
    """Return the one person with the identifier.

    Nobody is a `Permanent`, or `found` False where the step goes on; more than
    one always is a `Permanent`. Raises a `CallError`, or what `send` raises.
    """
    id_type, value = payloads.who(context.inputs)
    known: Mapping[str, Any] = {id_type: value}
    if id_type == "email":
        matches = _with_email(context, value)
        if len(matches) > 1:
            raise _refused(f"{len(matches)} people with the e-mail", "ambiguous")
        if not matches:
            return _nobody(context, id_type)
        known = matches[0]
    customer = _attributes(context, "cio_id" if known.get("cio_id") else id_type, known)
    if customer is None:
        return _nobody(context, id_type)
    found = _outputs(known, customer)
    if _folded(found[id_type]) != _folded(value):
        raise _refused(f"somebody with another {_KINDS[id_type]}", "wrong_person")
    return found


def _with_email(context: CallContext, email: str) -> list[dict[str, Any]]:
    answer = ask(context, "GET", f"/v1/customers?{urlencode({'email': email})}")
    return [each for each in items(answer.get("results")) if _folded(each.get("email")) == _folded(email)]


def _attributes(context: CallContext, id_type: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    path = f"/v1/customers/{quote(str(known[id_type]), safe='')}/attributes?{urlencode({'id_type': id_type})}"
    try:
        answer = ask(context, "GET", path)
    except Permanent as error:
        if error.gone:
            return None
        raise
    customer = answer.get("customer")
    return customer if isinstance(customer, dict) else None


def _outputs(known: Mapping[str, Any], customer: Mapping[str, Any]) -> dict[str, Any]:
    attributes = _object(customer.get("attributes"))
    identifiers = _object(customer.get("identifiers"))
    told = {
        key: _text(identifiers.get(key)) or _text(attributes.get(key)) or _text(known.get(key))
        for key in _KINDS
    }
    return {
        "found": True,
        **told,
        **{key: _text(attributes.get(key)) for key in _ATTRIBUTES},
        "attributes": attributes,
    }


def _nobody(context: CallContext, id_type: str) -> dict[str, Any]:
    if context.inputs.get("when_missing") != "go_on":
        raise _refused(f"nobody with this {_KINDS[id_type]}", "not_found", gone=True)
    return {field.key: None for field in FIND_OUTPUTS} | {"found": False}


def _refused(what: str, code: str, *, gone: bool = False) -> Permanent:
    remedies = {
        "not_found": "Check the identifier and its kind, or let the step go on and test “Found” in a filter.",
        "ambiguous": "Look the person up by id or Customer.io id, or merge them in Customer.io.",
        "wrong_person": "Check the identifier and its kind.",
    }
    return Permanent(
        f"{PROVIDER} has {what}.", code=code, remedy=remedies[code], field="identifier", gone=gone
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _folded(value: Any) -> str:
    """Return an identifier as Customer.io compares it: e-mails without regard to case."""
    text = str(value or "").removeprefix("cio_")
    return text.lower() if "@" in text else text
