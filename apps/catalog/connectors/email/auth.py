"""How a mail server is connected: where it is, how it is secured, who logs in, who sends."""

import ipaddress
import re
from collections.abc import Mapping

from apps.catalog.connectors.email.client import SECURITIES, exchange, hello
from apps.catalog.connectors.email.recipients import is_address
from apps.catalog.errors import wrong_value
from apps.catalog.spec import Account, Auth, Checked, Choice, Field, FieldType
from apps.catalog.transport import Send

DEADLINE = 10.0
"""Seconds for the test's dialogue."""

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,250}[A-Za-z0-9])?"
_PORT = r"[1-9][0-9]{0,4}"
_PLAIN = r"[^\x00-\x1f\x7f]{1,200}"

FIELDS = (
    Field(
        key="host",
        label="Server",
        required=True,
        pattern=_HOST,
        binds_secrets=True,
        help_text="The name of the mail server that takes outgoing mail, as your provider calls it: "
        "SMTP server or outgoing server.",
        example="smtp.example.com",
    ),
    Field(
        key="port",
        label="Port",
        pattern=_PORT,
        binds_secrets=True,
        help_text="Left empty it is 587 for STARTTLS and 465 for TLS.",
        example="587",
    ),
    Field(
        key="security",
        label="Encryption",
        type=FieldType.CHOICE,
        required=True,
        binds_secrets=True,
        choices=(
            Choice(value="starttls", label="STARTTLS (usual on port 587)"),
            Choice(value="tls", label="TLS from the first byte (usual on port 465)"),
            Choice(value="none", label="None, for a server on this machine"),
        ),
        help_text="The server's certificate must be valid for its name. Without encryption only a server on "
        "this machine is called, and only where EGRESS_ALLOW lists it.",
    ),
    Field(
        key="username",
        label="User name",
        pattern=_PLAIN,
        help_text="What you log in with, often the whole e-mail address. Empty for a server without a login.",
        example="shop@example.com",
    ),
    Field(
        key="password",
        label="Password",
        secret=True,
        pattern=_PLAIN,
        help_text="The password of that user. Where the provider knows app passwords, make one for this "
        "connection in its account settings.",
    ),
    Field(
        key="from_address",
        label="From address",
        type=FieldType.EMAIL,
        required=True,
        help_text="Whom mail comes from. The server must allow this user to send from it.",
        example="shop@example.com",
    ),
    Field(
        key="from_name",
        label="From name",
        pattern=_PLAIN,
        help_text="The name that is shown beside the address.",
        example="Example Shop",
    ),
)

SANDBOX_VALUES = {
    "host": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "username": "shop@example.com",
    "password": "sandbox-password",
    "from_address": "shop@example.com",
    "from_name": "Example Shop",
}


def check(values: Mapping[str, str]) -> None:
    """Check entered values together; raises `Permanent` naming the field."""
    for field in FIELDS:
        value = values.get(field.key, "")
        if field.required and not value:
            raise wrong_value(field.key, f"{field.label} is empty.", field.help_text, code="required")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise wrong_value(field.key, f"{field.label} can't be used as it is written.", field.help_text)
    if values["security"] not in SECURITIES:
        raise wrong_value("security", "This encryption is not known.", "Choose STARTTLS, TLS or none.")
    if int(values.get("port") or "1") > 65535:
        raise wrong_value("port", "This port does not exist.", "Use 587 or 465.")
    if values["security"] == "none" and not _is_this_machine(values["host"]):
        raise wrong_value(
            "security",
            "Without encryption, mail and password could be read on their way.",
            "Choose STARTTLS or TLS. None is for a server on this machine, such as 127.0.0.1.",
        )
    if bool(values.get("username")) != bool(values.get("password")):
        missing = "password" if values.get("username") else "username"
        raise wrong_value(missing, "User name and password belong together.", "Enter both, or neither.")
    if not is_address(values["from_address"]):
        raise wrong_value("from_address", "This is not an e-mail address.", "Enter it alone, without a name.")


def label(values: Mapping[str, str]) -> str:
    """Return whom mail comes from."""
    return values.get("from_address", "")


def test(account: Account, send: Send) -> Checked:
    """Connect, secure the connection and log in; no mail is sent.

    Raises `NeedsHuman` when the login is refused, and what the call raises.
    """
    check(account.values)
    exchange(send, hello(account), deadline=DEADLINE)
    server = account.values["host"]
    if account.values.get("username"):
        return Checked(f"{server} accepted the login.")
    return Checked(f"{server} answers; no login is set.")


def _is_this_machine(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values=SANDBOX_VALUES,
)
