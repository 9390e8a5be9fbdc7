"""What can happen: a request came."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.webhook.document import EVENT_TYPE
from apps.catalog.spec import Field, FieldType, Trigger

FIELDS = (
    Field(
        key="body",
        label="Body",
        type=FieldType.ANY,
        learnt=True,
        help_text="What the body holds: a JSON document, the fields of a form, or text. What is inside is "
        "offered from the newest request.",
        example={"order": {"id": "4711", "total": 1250, "currency": "eur"}, "email": "jane@example.com"},
    ),
    Field(
        key="query",
        label="Query",
        type=FieldType.OBJECT,
        learnt=True,
        help_text="The parameters of the address. Values of names that look like secrets are masked.",
        example={"source": "shop"},
    ),
    Field(
        key="headers",
        label="Headers",
        type=FieldType.OBJECT,
        learnt=True,
        help_text="The request's headers by their names in lower case, without credentials, cookies, "
        "signatures and those of proxies.",
        example={"content-type": "application/json", "x-shop-event": "order.paid"},
    ),
    Field(
        key="method",
        label="Method",
        help_text="How it was sent; always POST, as nothing else is taken.",
        example="POST",
    ),
    Field(
        key="content_type",
        label="Content type",
        help_text="The type that the sender gave the body, without its parameters.",
        example="application/json",
    ),
)

OPTIONS = (
    Field(
        key="only_types",
        label="Only these event types",
        max_bytes=1_000,
        help_text="Types parted by commas, for a connection that says where the type stands. "
        "Left empty, every request starts the workflow.",
        example="order.paid, order.refunded",
    ),
)


def _flatten(payload: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"query": dict, "headers": dict, "method": str, "content_type": str}
    found = {key: payload.get(key) for key in wanted}
    right = {key: value if isinstance(value, wanted[key]) else None for key, value in found.items()}
    return {"body": payload.get("body"), **right}


def _declines(options: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
    wanted = {part.strip() for part in str(options.get("only_types", "")).split(",") if part.strip()}
    kind = str(event.get("event_type", ""))
    if not wanted or kind in wanted:
        return None
    return f"The request's type is {kind}, which is not among those that the trigger is for."


TRIGGERS = (
    Trigger(
        key="catch",
        name="Request Received",
        event_types=(EVENT_TYPE,),
        any_event_type=True,
        description="A program sent a request to the connection's address.",
        fields=FIELDS,
        flatten=_flatten,
        options=OPTIONS,
        declines=_declines,
    ),
)
