"""What can be done: make one request."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.http.answers import STATUSES, error_of, outputs_of
from apps.catalog.connectors.http.client import (
    PATH,
    WITH_KEY,
    body_of,
    build,
    host_of,
    key_header_of,
    path_of,
    query_of,
)
from apps.catalog.errors import Permanent
from apps.catalog.spec import Action, CallContext, Choice, Effect, Field, FieldType, Idempotency, Mode

MAX_SECONDS = 8
_DONE = "200-299"

INPUTS = (
    Field(
        key="method",
        label="Method",
        type=FieldType.CHOICE,
        required=True,
        literal=True,
        choices=(
            Choice(value="GET", label="GET: read"),
            Choice(value="POST", label="POST: create or do; when it is uncertain, a person decides"),
            Choice(value=WITH_KEY, label="POST with an idempotency key: create or do, repeated safely"),
            Choice(value="PUT", label="PUT: put in place; the same again changes nothing more"),
            Choice(value="PATCH", label="PATCH: change a part; when it is uncertain, a person decides"),
            Choice(value="DELETE", label="DELETE: delete"),
        ),
        help_text="It decides what happens when an answer is lost: some are repeated, some are asked about.",
        example="POST",
    ),
    Field(
        key="path",
        label="Path",
        required=True,
        literal=True,
        pattern=PATH,
        max_bytes=1_000,
        help_text="What comes behind the base address. Parts in braces are filled from the path values: "
        "/orders/{order}/items",
        example="/orders",
    ),
    Field(
        key="path_values",
        label="Path values",
        type=FieldType.OBJECT,
        keys_fixed=True,
        help_text="A value for every part of the path in braces; it fills that part alone, encoded whole.",
    ),
    Field(
        key="query",
        label="Query",
        type=FieldType.OBJECT,
        keys_fixed=True,
        help_text="Parameters of the address. Null is left out, a list repeats its parameter.",
        example={"expand": "customer"},
    ),
    Field(
        key="headers",
        label="Headers",
        type=FieldType.OBJECT,
        keys_fixed=True,
        help_text="Further headers. Authorization is the connection's; the type comes with the body.",
        example={"X-Source": "tandem"},
    ),
    Field(
        key="json",
        label="JSON body",
        type=FieldType.OBJECT,
        max_bytes=500_000,
        help_text="Sent as application/json. A request has one body: JSON, form or text.",
        example={"email": "jane@example.com", "amount": 1250},
    ),
    Field(
        key="form",
        label="Form body",
        type=FieldType.OBJECT,
        keys_fixed=True,
        max_bytes=500_000,
        help_text="Sent as application/x-www-form-urlencoded.",
        example={"email": "jane@example.com"},
    ),
    Field(
        key="text",
        label="Text body",
        type=FieldType.LONG_TEXT,
        max_bytes=500_000,
        help_text="Sent as it is, in the type below. For JSON use the JSON body, which quotes every value.",
        example="Payment of jane@example.com failed.",
    ),
    Field(
        key="text_type",
        label="Type of the text",
        type=FieldType.CHOICE,
        literal=True,
        default="text/plain",
        choices=tuple(
            Choice(value=value, label=value)
            for value in ("text/plain", "text/csv", "text/html", "text/xml", "application/xml")
        ),
        help_text="The content type of the text body.",
        example="text/csv",
    ),
    Field(
        key="idempotency_header",
        label="Header of the idempotency key",
        literal=True,
        default="Idempotency-Key",
        help_text="Only for POST with an idempotency key: the header by which the interface recognises a "
        "repeated request. It must remember keys for a day; its documentation says so.",
        example="Idempotency-Key",
    ),
    Field(
        key="success",
        label="Statuses that count as done",
        literal=True,
        default=_DONE,
        pattern=STATUSES,
        max_bytes=200,
        help_text="Statuses and ranges, parted by commas. With 404 among them, “not found” is an answer and "
        "no failure.",
        example="200-299, 404",
    ),
    Field(
        key="timeout",
        label="Timeout",
        type=FieldType.INTEGER,
        literal=True,
        default=MAX_SECONDS,
        unit="seconds",
        help_text=f"How long the whole answer may take: 1 to {MAX_SECONDS} seconds.",
        example=5,
    ),
)

OUTPUTS = (
    Field(
        key="status",
        label="Status",
        type=FieldType.INTEGER,
        help_text="The status of the answer.",
        example=201,
    ),
    Field(
        key="headers",
        label="Headers",
        type=FieldType.OBJECT,
        help_text="The answer's headers by their names in lower case, without cookies and secrets.",
        example={"content-type": "application/json"},
    ),
    Field(
        key="body",
        label="Body",
        type=FieldType.ANY,
        help_text="What a JSON answer holds, else its text. Null where it is empty or no text.",
        example={"id": "ord_4711", "status": "open"},
    ),
    Field(
        key="is_cut",
        label="Body was cut",
        type=FieldType.BOOLEAN,
        help_text="True where the body is longer than 256 KiB; it is text then, and ends there.",
        example=False,
    ),
)


def _check(inputs: Mapping[str, Any]) -> None:
    seconds = inputs.get("timeout", MAX_SECONDS)
    if not 1 <= seconds <= MAX_SECONDS:
        raise Permanent(
            f"The timeout is {seconds} seconds.",
            code="out_of_range",
            remedy=f"Give it 1 to {MAX_SECONDS} seconds.",
            field="timeout",
        )
    path_of(inputs)
    query_of(inputs)
    key_header_of(inputs)
    body_of(inputs, {})


def _call(context: CallContext) -> dict[str, Any]:
    inputs, account = context.inputs, context.account
    request = build(account, inputs, context.key)
    seconds = min(context.deadline, inputs.get("timeout", MAX_SECONDS))
    response = context.send(request, deadline=seconds)
    error = error_of(
        response,
        host=host_of(account.values["address"]),
        statuses=str(inputs.get("success", _DONE)),
        open_to_all=account.values["authorization"] == "none",
    )
    if error is not None:
        raise error
    return outputs_of(response)


_DELETES = "This deletes what the address names, which may not be undone."

ACTIONS = (
    Action(
        key="request",
        name="HTTP Request",
        description="Make one request and go on with its answer.",
        inputs=INPUTS,
        outputs=OUTPUTS,
        effect=Effect.CREATE,
        idempotency=Idempotency.NONE,
        call=_call,
        check=_check,
        provider_id="body.id",
        docs_url="https://www.rfc-editor.org/rfc/rfc9110#name-methods",
        decided_by="method",
        modes={
            "GET": Mode(effect=Effect.READ, idempotency=Idempotency.NATURAL),
            "POST": Mode(effect=Effect.CREATE, idempotency=Idempotency.NONE),
            WITH_KEY: Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY),
            "PUT": Mode(effect=Effect.UPSERT, idempotency=Idempotency.NATURAL),
            # Not idempotent by its definition (RFC 5789), so that it is treated like a POST.
            "PATCH": Mode(effect=Effect.CREATE, idempotency=Idempotency.NONE),
            "DELETE": Mode(effect=Effect.DELETE, idempotency=Idempotency.NATURAL, danger=_DELETES),
        },
    ),
)
