"""From a declaration to an ordinary `App`: everything that serves built-in apps serves it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.catalog.custom import answers, events, requests, sandbox
from apps.catalog.custom.declaration import HTTP_STATUS, NOTE, ActionPart, Declaration
from apps.catalog.errors import Permanent
from apps.catalog.spec import (
    Account,
    Action,
    App,
    Auth,
    CallContext,
    Checked,
    Effect,
    Field,
    FieldType,
    Idempotency,
)
from apps.catalog.transport import Send

CATEGORY = "Your own"
TEST_SECONDS = 10.0

_STATUS = Field(
    key=HTTP_STATUS,
    label="HTTP status",
    type=FieldType.INTEGER,
    help_text="With which the app answered.",
    example=200,
)


def build(declaration: Declaration) -> App:
    """Return the app. The declaration must have passed its checks, else what is wrong raises."""
    return App(
        key=declaration.key,
        name=declaration.name,
        description=declaration.description or f"{declaration.name}, declared in this installation.",
        category=CATEGORY,
        color=declaration.color,
        docs_url=declaration.docs_url,
        auth=_auth(declaration),
        triggers=events.triggers_of(declaration),
        actions=tuple(_action(declaration, part) for part in declaration.actions),
        webhook=events.scheme_of(declaration),
        sandbox=sandbox.handle_for(declaration),
        samples=Path(),
        sample_payloads=events.samples_of(declaration),
    )


def origin_of(declaration: Declaration) -> str:
    """Return to where, and in which way, credentials are sent; another value makes them unusable."""
    signing = json.dumps(declaration.signing.model_dump(mode="json"), sort_keys=True)
    return f"{declaration.base_url}|{hashlib.sha256(signing.encode()).hexdigest()[:16]}"


def _auth(declaration: Declaration) -> Auth:
    fields = [
        Field(
            key=field.key,
            label=field.label,
            secret=field.secret,
            required=field.required,
            help_text=field.help_text,
        )
        for field in declaration.auth
    ]
    signing = events.signing_field(declaration)
    if signing is not None:
        fields.append(signing)
    if not fields:
        fields.append(Field(key=NOTE, label="Note", help_text="Whose account this is; only for people."))

    def test(account: Account, send: Send) -> Checked:
        if not declaration.test_path:
            return Checked("This app declares no test call, so nothing was asked.")
        response = send(requests.trial_request(declaration, account), deadline=TEST_SECONDS)
        error = answers.error_of(response, provider=declaration.name)
        if error is not None:
            raise error
        return Checked(f"{declaration.name} answered {response.status}.")

    def check(values: Mapping[str, str]) -> None:
        for field in fields:
            if field.required and not values.get(field.key):
                raise Permanent(
                    f"“{field.label}” is empty.", code="required", field=field.key, remedy=field.help_text
                )

    def label(values: Mapping[str, str]) -> str:
        shown = (values.get(field.key, "") for field in fields if not field.secret)
        return next((value for value in shown if value), declaration.name)[:60]

    return Auth(
        fields=tuple(fields),
        test=test,
        check=check,
        label=label,
        sandbox_values={field.key: f"sandbox-{field.key}" for field in fields},
        origin=origin_of(declaration),
        address=declaration.base_url if declaration.signing.kind != "none" else "",
    )


def _action(declaration: Declaration, part: ActionPart) -> Action:
    caller = requests.Caller(declaration, part)

    def call(context: CallContext) -> dict[str, Any]:
        request = caller.request(context.inputs, context.account, context.key)
        response = context.send(request, deadline=context.deadline)
        error = answers.error_of(response, provider=declaration.name, success=part.success)
        if error is not None:
            raise error
        return answers.outputs_of(part, response)

    outputs = [events.field_of(found, None, "the answer") for found in part.outputs]
    return Action(
        key=part.key,
        name=part.name,
        description=part.description or f"Calls {part.method} {part.path} of {declaration.name}.",
        inputs=tuple(_input(field.model_dump()) for field in part.inputs),
        outputs=(*outputs, _STATUS),
        effect=part.effect,
        idempotency=_idempotency(part),
        call=call,
        danger=part.danger or None,
        provider_id=part.provider_id or None,
        docs_url=declaration.docs_url,
    )


def _input(declared: Mapping[str, Any]) -> Field:
    unit = "seconds" if declared["type"] is FieldType.TIME else None
    return Field(**declared, unit=unit)


def _idempotency(part: ActionPart) -> Idempotency:
    if part.effect is not Effect.READ and part.key_header:
        return Idempotency.KEY
    return Idempotency.NONE if part.effect is Effect.CREATE else Idempotency.NATURAL
