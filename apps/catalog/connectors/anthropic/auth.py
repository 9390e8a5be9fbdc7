"""How an account is connected: a key, and what its models cost.

Facts: https://docs.anthropic.com/en/api/overview, https://docs.anthropic.com/en/api/models-list
"""

import re
from collections.abc import Mapping
from typing import Final

from apps.catalog.connectors.anthropic.client import PROVIDER, base_of, error_of, headers_of
from apps.catalog.errors import wrong_value
from apps.catalog.generating import own_fields
from apps.catalog.responses import json_object, unreadable
from apps.catalog.spec import Account, Auth, Checked, Field
from apps.catalog.transport import Request, Send

DEADLINE: Final = 10.0

FIELDS = (
    Field(
        key="key",
        label="API key",
        required=True,
        secret=True,
        pattern=r"sk-ant-[\x21-\x7e]{1,500}",
        help_text="In the Anthropic Console under Settings, API keys create a key, which is shown once. "
        "Starts with sk-ant-.",
        example="sk-ant-api03-abc123",
    ),
    *own_fields("claude-haiku-4-5"),
)


def check(values: Mapping[str, str]) -> None:
    """Refuse values that can't work; raises `Permanent` with the field at fault."""
    if not values.get("key"):
        raise wrong_value(
            "key", "The API key is missing.", "Paste one that starts with sk-ant-.", code="required"
        )
    for field in FIELDS:
        value = values.get(field.key, "")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise wrong_value(field.key, f"{field.label} can't be used as it is written.", field.help_text)


def label(values: Mapping[str, str]) -> str:
    """Return the usual model."""
    return values.get("model") or PROVIDER


def test(account: Account, send: Send) -> Checked:
    """List the models, which costs nothing."""
    check(account.values)
    address = f"{base_of(account)}/v1/models?limit=100"
    response = send(Request("GET", address, headers_of(account)), deadline=DEADLINE)
    error = error_of(response)
    if error is not None:
        raise error
    listed = (json_object(response) or {}).get("data")
    if not isinstance(listed, list):
        raise unreadable(response, provider=PROVIDER)
    return Checked(f"Connected to {PROVIDER}, which offers {len(listed)} models.")


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values={
        "key": "sk-ant-sandbox-0000000000",
        "model": "claude-haiku-4-5",
        "input_price": "1",
        "output_price": "5",
    },
)
