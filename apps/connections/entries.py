"""What an operator enters for a connection, checked before it is stored."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from apps.catalog.errors import Permanent
from apps.catalog.spec import App, Field, FieldType
from apps.common import egress
from apps.common.errors import ValidationFailed

MAX_NAME = 80
MAX_VALUE = 2000
MAX_BASE_URL = 200
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clean_name(name: str) -> str:
    """Return the connection's name on one line. Raises `ValidationFailed`."""
    clean = " ".join(name.split())
    if not clean or len(clean) > MAX_NAME or _UNSAFE.search(clean):
        raise ValidationFailed(
            f"A connection needs a name of 1 to {MAX_NAME} characters.",
            field="name",
            remedy="For example “Stripe live”.",
        )
    return clean


def clean_values(app: App, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that are set, trimmed, each right by itself. Raises `ValidationFailed`."""
    fields = {field.key: field for field in app.auth.fields}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ValidationFailed(
            f"{app.name} has no field “{unknown[0]}”.",
            code="unknown_field",
            field=unknown[0],
            remedy=f"Its fields are {', '.join(fields)}.",
        )
    cleaned = {key: _clean_value(fields[key], str(value)) for key, value in values.items()}
    return {key: value for key, value in cleaned.items() if value}


def check_together(app: App, values: Mapping[str, str]) -> None:
    """Check that what is required is there and that the values fit together. Raises `ValidationFailed`."""
    for field in app.auth.fields:
        if field.required and not values.get(field.key):
            raise ValidationFailed(
                f"“{field.label}” is empty.", code="required", field=field.key, remedy=field.help_text
            )
    for field in app.auth.fields:
        if field.type is FieldType.URL and field.binds_secrets:
            _refuse_plain_http(f"“{field.label}”", values.get(field.key, ""), field=field.key)
    try:
        app.auth.check(values)
    except Permanent as error:
        raise ValidationFailed(
            error.message, code=error.code, field=error.field, remedy=error.remedy
        ) from None


def refuse_unencrypted(app: App, base_url: str) -> None:
    """Raise `ValidationFailed` for an app that was declared to send its keys unencrypted.

    A connection's own base address takes the declared one's place; it is allowed by being listed.
    """
    if not base_url:
        _refuse_plain_http(f"The base address of {app.name}", app.auth.address)


def _refuse_plain_http(what: str, address: str, *, field: str | None = None) -> None:
    """Raise `ValidationFailed` for an address that would carry secrets unencrypted, unless it is allowed."""
    plain = address.lower().startswith("http:")
    if plain and not egress.is_allowed(address, egress.parse_allow(settings.EGRESS_ALLOW)):
        raise ValidationFailed(
            f"{what} begins with http://, which would send the keys unencrypted.",
            code="not_encrypted",
            field=field,
            remedy="Write https://. For a server of your own network an operator can list its host and port "
            "in EGRESS_ALLOW.",
        )


def takes_base_url(app: App) -> bool:
    """Tell whether another address can take the provider's place.

    Not for an app whose own fields say where it is, nor for one that calls nobody.
    """
    calls = bool(app.actions) or (app.webhook is not None and app.webhook.ensure is not None)
    return calls and not any(field.binds_secrets for field in app.auth.fields)


def clean_base_url(base_url: str) -> str:
    """Return the base address without a slash at its end; "" for the provider's own.

    Only what EGRESS_ALLOW lists may take a provider's place, since it is sent
    the provider's credentials. A path in front of the provider's is allowed.
    Raises `ValidationFailed`.
    """
    clean = base_url.strip().rstrip("/")
    if not clean:
        return ""
    parts = _split(clean)
    if not egress.is_allowed(clean, egress.parse_allow(settings.EGRESS_ALLOW)):
        raise _bad_base_url(
            "This address is not among those that this installation may call instead of the provider.",
            "Ask an operator to list its host and port in EGRESS_ALLOW, "
            "for example EGRESS_ALLOW=127.0.0.1:8080.",
        )
    return f"{parts[0]}://{parts[1].lower()}{parts[2]}"


def _split(address: str) -> tuple[str, str, str]:
    form = "It begins with http:// or https://, names a host and port, and may go on with a path."
    if len(address) > MAX_BASE_URL or not address.isascii() or not address.isprintable() or " " in address:
        raise _bad_base_url("This base address can't be read.", form)
    try:
        parts = urlsplit(address)
    except ValueError:
        raise _bad_base_url("This base address can't be read.", form) from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.hostname:
        raise _bad_base_url("This base address can't be read.", form)
    if "@" in parts.netloc:
        raise _bad_base_url("The base address must not carry a user or password.", form)
    if parts.query or parts.fragment or "?" in address or "#" in address or "\\" in address:
        raise _bad_base_url("The base address must not carry a query or fragment.", form)
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        raise _bad_base_url("The path of the base address must not lead up.", form)
    return scheme, parts.netloc, parts.path


def _bad_base_url(message: str, remedy: str) -> ValidationFailed:
    return ValidationFailed(message, code="bad_base_url", field="base_url", remedy=remedy)


def _clean_value(field: Field, value: str) -> str:
    clean = value.strip()
    if not clean:
        return ""
    problem = ""
    if len(clean) > MAX_VALUE or (
        field.max_bytes and len(clean.encode("utf-8", "replace")) > field.max_bytes
    ):
        problem = "is too long"
    elif _UNSAFE.search(clean):
        problem = "has a line break or a character that can't be seen"
    elif field.choices and clean not in {choice.value for choice in field.choices}:
        problem = f"is not one of {', '.join(choice.value for choice in field.choices)}"
    if problem:
        raise ValidationFailed(
            f"“{field.label}” {problem}.", code="invalid", field=field.key, remedy=field.help_text
        )
    return clean
