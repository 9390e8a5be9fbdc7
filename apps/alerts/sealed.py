"""The secrets of a channel: where it posts and with what it signs; sealed, bound to the row and the host."""

import base64
import binascii
import secrets
from urllib.parse import urlsplit

from django.conf import settings

from apps.alerts.models import Channel
from apps.common import crypto, egress
from apps.common.errors import ServiceError, ValidationFailed

SECRET_PREFIX = "whsec_"  # noqa: S105 - how the specification begins every secret.
SECRET_BYTES = (24, 64)
_NEW_SECRET_BYTES = 32


class SecretUnreadableError(ServiceError):
    """The sealed address does not open: its key is gone, or the row was changed behind the services."""

    code = "secret_unreadable"


def new_signing_secret() -> str:
    """Return a secret in the form that Standard Webhooks gives it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_NEW_SECRET_BYTES)).decode("ascii")


def signing_bytes(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises `ValidationFailed` for anything but `whsec_` and 24 to 64 bytes in base64
    (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
    """
    least, most = SECRET_BYTES
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not least <= len(key) <= most:
        raise ValidationFailed(
            f"The signing secret must be {SECRET_PREFIX} followed by {least} to {most} bytes in base64.",
            code="bad_signing_secret",
            field="signing_secret",
        )
    return key


def check_url(url: str) -> str:
    """Return the host of an address that may be posted to.

    Raises `ValidationFailed` for one without encryption that EGRESS_ALLOW does not
    list; whether its host is public is checked at every call.
    """
    allowed = egress.is_allowed(url, egress.parse_allow(settings.EGRESS_ALLOW))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or "@" in parts.netloc or not (parts.scheme == "https" or allowed):
        raise ValidationFailed(
            "The address must begin with https:// and a host, without a user or password in it.",
            code="bad_url",
            field="url",
        )
    return host if port is None else f"{host}:{port}"


def put(channel: Channel, values: dict[str, str]) -> None:
    """Seal the secrets into the row, with what may be shown of them: host and last four characters."""
    channel.host = check_url(values["url"])[:260]
    channel.secret = crypto.seal_json(values, bound_to=channel.secret_binding)
    channel.hint = values["url"][-4:]


def opened(channel: Channel) -> dict[str, str]:
    """Return the secrets of a channel. Raises `SecretUnreadableError`."""
    try:
        values: dict[str, str] = crypto.unseal_json(channel.secret, bound_to=channel.secret_binding)
    except crypto.SealError as error:
        raise SecretUnreadableError(
            f"The address of channel “{channel}” can't be read: {error.message}",
            remedy="Enter the address again on the channel's page.",
        ) from None
    return values
