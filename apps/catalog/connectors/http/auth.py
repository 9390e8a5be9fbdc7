"""How an interface is connected: its base address, and what proves whose the calls are."""

import re
from collections.abc import Mapping

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.connectors.http.client import PATH, WAYS, host_of, signed
from apps.catalog.errors import NeedsHuman, wrong_value
from apps.catalog.responses import failure
from apps.catalog.spec import Account, Auth, Checked, Choice, Field, FieldType
from apps.catalog.transport import Send

DEADLINE = 10.0
"""Seconds for the test's call."""

_VISIBLE = r"[^\x00-\x1f\x7f]{1,200}"

FIELDS = (
    Field(
        key="address",
        label="Base address",
        type=FieldType.URL,
        required=True,
        binds_secrets=True,
        help_text="What every path comes behind: https://, the host and, if need be, a port and a path. "
        "The key is sent to this address only; another one asks for it again.",
        example="https://api.example.com/v1",
    ),
    Field(
        key="authorization",
        label="Authorization",
        type=FieldType.CHOICE,
        required=True,
        binds_secrets=True,
        choices=(
            Choice(value="none", label="None: the interface is open"),
            Choice(value="bearer", label="Bearer token"),
            Choice(value="basic", label="User and password (HTTP Basic)"),
            Choice(value="header", label="Key in a header"),
            Choice(value="query", label="Key in the address"),
        ),
        help_text="How the interface wants to be told who calls; its documentation names it. A key in the "
        "address ends up in the logs of the other side: choose it only where nothing else is taken.",
    ),
    Field(
        key="user",
        label="User",
        pattern=r"[^\x00-\x1f\x7f:]{1,200}",
        help_text="Only for user and password.",
        example="tandem",
    ),
    Field(
        key="name",
        label="Name of header or parameter",
        binds_secrets=True,
        pattern=r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}",
        help_text="Only for a key in a header or in the address: what the header or the parameter is called.",
        example="X-Api-Key",
    ),
    Field(
        key="secret",
        label="Token, password or key",
        secret=True,
        pattern=r"[^\x00-\x1f\x7f]{1,2000}",
        help_text="The other side shows it under API keys, access tokens or the like, often once only. "
        "Empty where there is no authorization.",
    ),
    Field(
        key="test_path",
        label="Path for the test",
        pattern=PATH,
        help_text="A path that can be read with this key and changes nothing. Without one the test only sees "
        "whether the server answers and does not refuse the key.",
        example="/me",
    ),
)

SANDBOX_VALUES = {
    "address": "https://api.example.com/v1",
    "authorization": "bearer",
    "secret": "sandbox-token",
    "test_path": "/me",
}


def check(values: Mapping[str, str]) -> None:
    """Check entered values together; raises `Permanent` naming the field."""
    for field in FIELDS:
        value = values.get(field.key, "")
        if field.required and not value:
            raise wrong_value(field.key, f"{field.label} is empty.", field.help_text, code="required")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise wrong_value(field.key, f"{field.label} can't be used as it is written.", field.help_text)
    try:
        addresses.clean_base(values["address"])
    except BadPartError as error:
        raise wrong_value("address", error.message, error.remedy) from None
    way = values["authorization"]
    if way not in WAYS:
        raise wrong_value("authorization", "This way is not known.", f"Choose one of {', '.join(WAYS)}.")
    if way == "none" and values.get("secret"):
        raise wrong_value(
            "secret", "A key is given, but no authorization.", "Choose how it is sent, or remove it."
        )
    if way != "none" and not values.get("secret"):
        raise wrong_value("secret", "The token, password or key is missing.", "Enter it, or choose None.")
    _check_name(way, values.get("name", ""))


def _check_name(way: str, name: str) -> None:
    if way in ("header", "query") and not name:
        raise wrong_value("name", "What carries the key has no name.", "Enter it, such as X-Api-Key.")
    if way == "header":
        try:
            addresses.check_header_name(name)
        except BadPartError as error:
            raise wrong_value("name", error.message, error.remedy) from None


def label(values: Mapping[str, str]) -> str:
    """Return the host."""
    return host_of(values.get("address", ""))


def test(account: Account, send: Send) -> Checked:
    """Read the path for the test, else look whether the server answers.

    Raises `NeedsHuman` when the key is refused, and what the answer means otherwise.
    """
    check(account.values)
    host, path = label(account.values), account.values.get("test_path", "")
    response = send(signed(account, "GET", path, [], {"Accept": "*/*"}, b""), deadline=DEADLINE)
    if response.status == 401 or (response.status == 403 and path):
        raise NeedsHuman(
            f"{host} refused the key ({response.status}).",
            code="unauthorized",
            remedy="Enter it again, and check in the other side's documentation how it is sent.",
            status=response.status,
        )
    if path or response.status >= 500:
        error = failure(response, provider=host, remedy="Check base address and path for the test.")
        if error is not None:
            raise error
        return Checked(f"{host} answered {response.status}.")
    return Checked(f"{host} answers ({response.status}); without a path for the test the key was not tried.")


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values=SANDBOX_VALUES,
)
