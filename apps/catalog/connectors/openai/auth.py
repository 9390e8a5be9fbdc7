"""How a model is connected: the base address of its server, a key, and what it costs.

Facts: https://platform.openai.com/docs/api-reference/authentication,
https://platform.openai.com/docs/api-reference/models/list
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.connectors.openai.client import API, base_of, error_of, headers_of, provider_of
from apps.catalog.errors import wrong_value
from apps.catalog.generating import own_fields
from apps.catalog.responses import json_object, unreadable
from apps.catalog.spec import Account, Auth, Checked, Field, FieldType
from apps.catalog.transport import Request, Send

DEADLINE: Final = 10.0

FIELDS = (
    Field(
        key="address",
        label="Base address",
        type=FieldType.URL,
        binds_secrets=True,
        default=API,
        help_text="What /chat/completions comes behind. Leave it for OpenAI; for another server, such as "
        "http://127.0.0.1:11434/v1 for a local one, EGRESS_ALLOW must list its host and port where they are "
        "not public. Another address asks for the key again.",
        example=API,
    ),
    Field(
        key="key",
        label="API key",
        secret=True,
        pattern=r"[\x21-\x7e]{1,500}",
        help_text="For OpenAI: at https://platform.openai.com/api-keys create a secret key, which is shown "
        "once and starts with sk-. A local server may need none.",
        example="sk-proj-abc123",
    ),
    *own_fields("gpt-5-mini"),
)


def check(values: Mapping[str, str]) -> None:
    """Refuse values that can't work; raises `Permanent` with the field at fault."""
    for field in FIELDS:
        value = values.get(field.key, "")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise wrong_value(field.key, f"{field.label} can't be used as it is written.", field.help_text)
    try:
        base = addresses.clean_base(values.get("address") or API)
    except BadPartError as error:
        raise wrong_value("address", error.message, error.remedy) from None
    parts = urlsplit(base)
    if not values.get("key") and parts.netloc == urlsplit(API).netloc:
        raise wrong_value("key", "OpenAI needs a key.", "Paste one that starts with sk-.", code="required")
    if values.get("key") and parts.scheme == "http" and not addresses.why_not_public(base):
        raise wrong_value(
            "address",
            "The key would be sent unencrypted.",
            "Use https://, or remove the key for a local server.",
        )


def label(values: Mapping[str, str]) -> str:
    """Return the server, and the usual model."""
    where = provider_of(Account(values))
    return f"{where}, {values['model']}" if values.get("model") else where


def test(account: Account, send: Send) -> Checked:
    """List the models, which costs nothing, and look for the usual one among them."""
    check(account.values)
    response = send(Request("GET", f"{base_of(account)}/models", headers_of(account)), deadline=DEADLINE)
    error = error_of(account, response)
    if error is not None:
        raise error
    listed = (json_object(response) or {}).get("data")
    if not isinstance(listed, list):
        raise unreadable(response, provider=provider_of(account))
    names = {each.get("id") for each in listed if isinstance(each, Mapping)}
    model, provider = account.values.get("model", ""), provider_of(account)
    warnings = (
        ()
        if not model or model in names
        else (f"{provider} does not list the model “{model}”. Check its name.",)
    )
    return Checked(f"Connected to {provider}, which offers {len(names)} models.", warnings=warnings)


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values={
        "address": API,
        "key": "sk-sandbox-0000000000",
        "model": "gpt-5-mini",
        "input_price": "0.25",
        "output_price": "2",
    },
)
