"""How a connection takes requests: the verification is chosen by name, and never fallen back from."""

import re
from collections.abc import Mapping

from apps.catalog.connectors.webhook.settings import SIGNED, TOLERANCE, WAYS, read_place, read_settings
from apps.catalog.errors import wrong_value
from apps.catalog.signatures import Hmac, NoVerification
from apps.catalog.spec import Account, Auth, Checked, Choice, Field, FieldType
from apps.catalog.transport import Send
from apps.common.masking import SENSITIVE_HEADERS
from apps.language.errors import LanguageError

SECRET = "secret"  # noqa: S105 - the key of a field.
MIN_SECRET = 8
_HEADER = r"[A-Za-z0-9_-]{1,100}"
_SIGNED = r"[A-Za-z0-9:._-]{0,20}\{timestamp\}[A-Za-z0-9:._-]{0,20}\{body\}"
_ONLY_HMAC = ("algorithm", "encoding", "timestamp_header", "signed", "tolerance")

FIELDS = (
    Field(
        key="verification",
        label="Verification",
        type=FieldType.CHOICE,
        required=True,
        choices=(
            Choice(value="hmac", label="Signature (HMAC) of the body"),
            Choice(value="secret", label="Shared secret in a header"),
            Choice(value="none", label="None: anybody who knows the address can start workflows"),
        ),
        help_text="How a request proves who sent it; the sender's documentation says what it can do. "
        "Choose none only where it can do nothing, and let nothing costly depend on such a request.",
    ),
    Field(
        key=SECRET,
        label="Secret",
        secret=True,
        pattern=r"[!-~](?:[ -~]{0,498}[!-~])?",
        help_text="What the sender signs with, or sends along. Make one up (at least 8 characters, better "
        "32) and enter it there too, or take the one that the sender shows. Empty only where nothing is "
        "verified.",
    ),
    Field(
        key="header",
        label="Header",
        pattern=_HEADER,
        help_text="The header that carries the signature or the secret. Left empty it is X-Signature for a "
        "signature and X-Webhook-Secret for a secret. A secret in the address is not taken: it ends in logs.",
        example="X-Hub-Signature-256",
    ),
    Field(
        key="prefix",
        label="Prefix",
        pattern=r"[A-Za-z0-9=:._ -]{1,40}",
        help_text="What stands in the header before the signature or the secret, such as sha256= or Bearer.",
        example="sha256=",
    ),
    Field(
        key="algorithm",
        label="Signature: algorithm",
        type=FieldType.CHOICE,
        choices=tuple(
            Choice(value=name, label=f"HMAC-{name.upper()}") for name in ("sha256", "sha1", "sha512")
        ),
        help_text="Left open it is HMAC-SHA256.",
    ),
    Field(
        key="encoding",
        label="Signature: written as",
        type=FieldType.CHOICE,
        choices=(Choice(value="hex", label="Hexadecimal"), Choice(value="base64", label="Base64")),
        help_text="Left open it is hexadecimal.",
    ),
    Field(
        key="timestamp_header",
        label="Signature: header of the time",
        pattern=_HEADER,
        help_text="The header with the time that is signed along, in unix seconds, if the sender has one. "
        "It keeps an old request from being sent again by somebody else.",
        example="X-Request-Timestamp",
    ),
    Field(
        key="signed",
        label="Signature: signed text",
        pattern=_SIGNED,
        help_text="Only with a time: how time and body are joined before they are signed. "
        f"Left empty it is {SIGNED}",
        example="v0:{timestamp}:{body}",
    ),
    Field(
        key="tolerance",
        label="Signature: tolerance in seconds",
        pattern=r"[0-9]{1,5}",
        help_text=f"Only with a time: how far it may lie from now, at least 1. Left empty it is {TOLERANCE}. "
        "For requests of any age leave the header of the time empty.",
        example="300",
    ),
    Field(
        key="event_id_from",
        label="Event id",
        help_text="Where the id of an event stands, such as body.id or headers.x-event-id: an event that "
        "comes again is then handled once. Without it every request is an event of its own, also one "
        "that equals another.",
        example="body.id",
    ),
    Field(
        key="event_type_from",
        label="Event type",
        help_text="Where the type of an event stands, such as body.type or headers.x-event-type. A request "
        "without one, and every request where this is empty, has the type request.",
        example="body.type",
    ),
)

SANDBOX_VALUES = {"verification": "hmac", SECRET: "sandbox-signing-secret"}


def check(values: Mapping[str, str]) -> None:
    """Check entered values together; raises `Permanent` naming the field."""
    for field in FIELDS:
        value = values.get(field.key, "")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise wrong_value(field.key, f"{field.label} can't be used as it is written.", field.help_text)
    way, secret = values.get("verification", ""), values.get(SECRET, "")
    if way not in WAYS:
        raise wrong_value(
            "verification", "No verification is chosen.", "Choose one by its name.", code="required"
        )
    if way == "none" and secret:
        raise wrong_value(
            SECRET,
            "A secret is stored, but nothing is verified with it.",
            "Choose how requests are verified, or let the secret be forgotten.",
        )
    if way != "none" and len(secret) < MIN_SECRET:
        raise wrong_value(
            SECRET,
            "There is no secret." if not secret else f"The secret is shorter than {MIN_SECRET} characters.",
            "Enter the secret that the sender has too.",
            code="required" if not secret else "invalid",
        )
    _check_signature(way, values)
    for key in ("event_id_from", "event_type_from"):
        _check_place(key, values.get(key, ""))


def _check_signature(way: str, values: Mapping[str, str]) -> None:
    odd = [key for key in _ONLY_HMAC if values.get(key) and way != "hmac"]
    if odd:
        raise wrong_value(odd[0], "This is for signatures only.", "Empty it, or choose the signature.")
    if values.get("signed") and not values.get("timestamp_header"):
        raise wrong_value(
            "timestamp_header", "The signed text has a time, which no header carries.", "Name it."
        )
    tolerance = int(values.get("tolerance") or TOLERANCE)
    if tolerance < 1:
        raise wrong_value(
            "tolerance",
            "With a tolerance of 0 no request would come in time.",
            "Use 300 seconds. For requests of any age leave the header of the time empty.",
        )
    if tolerance > 86_400:
        raise wrong_value("tolerance", "This tolerance is longer than a day.", "Use 300 seconds.")


def _check_place(key: str, text: str) -> None:
    try:
        place = read_place(text)
    except LanguageError as error:
        raise wrong_value(key, error.message, "Write body.id, headers.x-event-id or query.id.") from None
    if place[:1] == ("headers",) and place[1] in SENSITIVE_HEADERS:
        raise wrong_value(key, "This header carries a credential.", "Name another one.")


def label(values: Mapping[str, str]) -> str:
    """Return how requests are verified."""
    verification = read_settings(values).verification
    if isinstance(verification, NoVerification):
        return "not verified"
    return f"HMAC-{verification.algorithm.upper()}" if isinstance(verification, Hmac) else "shared secret"


def test(account: Account, send: Send) -> Checked:
    """Nothing is called: requests come to us. What is entered was checked already."""
    check(account.values)
    return Checked(f"Requests are taken: {label(account.values)}.")


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values=SANDBOX_VALUES,
)
