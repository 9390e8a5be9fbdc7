"""Any call of Stripe's API, for what has no action of its own."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from apps.catalog.addresses import PLACEHOLDER, BadPartError, placeholders, segment
from apps.catalog.connectors.stripe.actions.operation import inputs_of
from apps.catalog.connectors.stripe.actions.params import Param, choice, param, wrong
from apps.catalog.connectors.stripe.client import Caller, invoke_path
from apps.catalog.spec import Action, CallContext, Effect, Field, FieldType, Idempotency, Mode

_LITERAL = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.\-:]+"
_SEGMENT = rf"(?:{_LITERAL}|\{{[a-z][a-z0-9_]*\}})"
# What is called is fixed text: an event must not choose it.
_PATH = rf"/(?:v1|v2/{_LITERAL})/{_LITERAL}(?:/{_SEGMENT})*"
# Its answer has the signing secret, and publishing could not tell it from its own.
_KEPT_BY_PUBLISHING = (("v1", "webhook_endpoints"), ("v2", "core", "event_destinations"))
# What a run log must not hold: the whole number of a card or account, and a card's check code.
_CARD_DATA = frozenset({"number", "cvc", "account_number"})
_ASKING = frozenset({"expand", "include"})
_HOLDING = frozenset({"card", "bank_account", "us_bank_account"})
_SECRETS = frozenset({"secret", "client_secret", "signing_secret"})

_PARAMS: tuple[Param, ...] = (
    choice(
        "method",
        "Method",
        {"GET": "GET: read", "POST": "POST: create, change or do", "DELETE": "DELETE: delete or end"},
        help_text="What kind of call it is; see Stripe's API reference.",
        example="POST",
        required=True,
        literal=True,
        at="",
    ),
    param(
        "path",
        "Path",
        help_text="From /v1/ or /v2/ on. Parts in braces, behind the kind of object, are filled from "
        "the path values: /v1/customers/{customer}/balance_transactions",
        example="/v1/customers",
        required=True,
        literal=True,
        pattern=_PATH,
        max_bytes=500,
        at="",
    ),
    param(
        "path_values",
        "Path values",
        type=FieldType.OBJECT,
        help_text="A value for every part of the path in braces.",
        example=None,
        at="",
    ),
    param(
        "parameters",
        "Parameters",
        type=FieldType.OBJECT,
        help_text="What is sent, by Stripe's own names; objects and lists may be nested. Whole card numbers "
        "and check codes are neither sent nor fetched.",
        example={"email": "jane@example.com"},
        max_bytes=100_000,
        at="",
    ),
)


def path_of(inputs: Mapping[str, Any]) -> str:
    """Return the path with every value in its place, encoded whole; raises `Permanent` naming the field."""
    path, values = str(inputs["path"]), inputs.get("path_values", {})
    names = placeholders(path)
    for name in values:
        if name not in names:
            raise wrong("path_values", f"The path has no part {{{name}}}.", "Remove the value.")
    filled = PLACEHOLDER.sub(lambda found: _segment(found[1], values.get(found[1])), path)
    if inputs["method"] != "GET" and _is_kept(filled):
        raise wrong(
            "path",
            "Webhooks are registered by publishing a workflow, not by a call.",
            "Publish the workflow, or change the webhook in the Stripe Dashboard.",
        )
    return filled


def _is_kept(path: str) -> bool:
    """Tell whether a filled path is of the webhooks that publishing registers, however it is spelt."""
    parts = tuple(unquote(path).casefold().strip("/").split("/"))
    return any(parts[: len(kept)] == kept for kept in _KEPT_BY_PUBLISHING)


def _segment(name: str, value: Any) -> str:
    try:
        return segment(value, name=name)
    except BadPartError:
        raise wrong(
            "path_values",
            f"The part {{{name}}} of the path has no usable value.",
            f"Fill the value “{name}”.",
        ) from None


def _call(context: CallContext) -> dict[str, Any]:
    inputs = context.inputs
    method = str(inputs["method"])
    answer = invoke_path(
        Caller(context.account, context.send, context.deadline),
        method.lower(),
        path_of(inputs),
        params=_parameters(inputs),
        key=None if method == "GET" else context.key,
    )
    named = {name: answer.get(name) for name in ("id", "object")}
    texts = {name: value if isinstance(value, str) else None for name, value in named.items()}
    return {**texts, "answer": _without_secrets(answer)}


def _without_secrets(value: Any) -> Any:
    """Return an answer for the run log, in which no secret may stand."""
    if isinstance(value, Mapping):
        return {
            name: "…" if name in _SECRETS and item else _without_secrets(item) for name, item in value.items()
        }
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _parameters(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is sent; raises `Permanent` where it has or asks for the data of a card or account."""
    parameters: Mapping[str, Any] = inputs.get("parameters", {})
    for names, value in _leaves(parameters):
        asked = _ASKING.intersection(names[:1]) and isinstance(value, str)
        wanted = re.split(r"[.\s]+", value.strip())[-1].casefold() if asked else names[-1]
        if wanted in _CARD_DATA and (asked or _HOLDING.intersection(names[:-1])):
            raise wrong(
                "parameters",
                f"“{wanted}” of a card or an account is neither sent nor fetched here: it would stand in the "
                "run log.",
                "Leave it out; use the card's or account's id, or its last four digits.",
            )
    return parameters


def _leaves(value: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value with the names that lead to it, also those written as `card[number]`."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            parts = (part.casefold() for part in re.split(r"[\[\].]+", str(name)) if part)
            yield from _leaves(item, (*names, *parts))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, names)
    elif names:
        yield names, value


def _check(inputs: Mapping[str, Any]) -> None:
    path_of(inputs)
    _parameters(inputs)


_DOES_ANYTHING = "This can change anything in the account, also move money: it is as dangerous as its path."

ACTIONS: tuple[Action, ...] = (
    Action(
        key="call-any-endpoint",
        name="Call Any Endpoint",
        description="Make any call of Stripe's API, for what has no action of its own. "
        "Only an admin or owner can publish a workflow with it.",
        needs_admin=True,
        inputs=inputs_of(_PARAMS),
        outputs=(
            Field(
                key="id",
                label="Id",
                help_text="The id of what was answered, if it has one.",
                example="cus_R8kTq2LwPzNf4J",
            ),
            Field(
                key="object",
                label="Kind",
                help_text="What Stripe calls it.",
                example="customer",
            ),
            Field(
                key="answer",
                label="Answer",
                type=FieldType.OBJECT,
                help_text="The whole answer, without secrets.",
                example={"id": "cus_R8kTq2LwPzNf4J", "email": "jane@example.com"},
            ),
        ),
        effect=Effect.CREATE,
        idempotency=Idempotency.KEY,
        call=_call,
        check=_check,
        requires=("api_key",),
        provider_id="id",
        docs_url="https://docs.stripe.com/api",
        danger=_DOES_ANYTHING,
        decided_by="method",
        modes={
            "GET": Mode(effect=Effect.READ, idempotency=Idempotency.NATURAL),
            "POST": Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY, danger=_DOES_ANYTHING),
            # Version 1 takes no notice of a key in a DELETE; a second one finds nothing left:
            # https://docs.stripe.com/api/idempotent_requests
            "DELETE": Mode(
                effect=Effect.DELETE,
                idempotency=Idempotency.NATURAL,
                danger="This deletes or ends something in the account and may not be undone.",
            ),
        },
    ),
)
