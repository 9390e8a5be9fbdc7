"""What stands at the provider for a connection: brought there, taken away, and told as columns of the row."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import CallError, Retryable, from_transport
from apps.catalog.spec import Registered, RegistrationContext, WebhookScheme
from apps.catalog.transport import TransportError
from apps.common.errors import ServiceError, ValidationFailed
from apps.connections import credentials, leases
from apps.connections.accounts import account_of
from apps.connections.addresses import platform_of, registration_url
from apps.connections.models import Connection, Endpoint
from apps.connections.oauth import platforms
from apps.connections.senders import sender_for

CALL_SECONDS = 10.0
UNVERIFIABLE = "secret_not_told"
"""The code of a registration whose deliveries nobody could verify."""

KEPT_SECRETS = 2
"""The current signing secret and the one before it, which deliveries under way may still carry."""


_NOTHING: dict[str, Any] = {
    "state": Endpoint.State.NONE,
    "state_reason": "",
    "provider_id": "",
    "url": "",
    "event_types": [],
    "api_version": "",
    "registered_at": None,
}


class RegistrationError(ServiceError):
    """The provider did not do what was asked of it about a webhook."""

    code = "registration_failed"


def stand(endpoint: Endpoint, event_types: set[str]) -> dict[str, Any]:
    """Make the webhook stand with these event types; return the columns that tell so.

    Raises `RegistrationError`, also for a webhook whose signing secret is not held.
    """
    connection = endpoint.connection
    scheme = scheme_of(connection)
    if scheme.internal:
        return {"state": Endpoint.State.REGISTERED, "state_reason": "", "event_types": sorted(event_types)}
    if _is_by_hand(endpoint, scheme):
        return _by_hand(endpoint, scheme, event_types)
    platform = platform_of(endpoint)
    if platform is not None:
        return _called(connection, lambda: platforms.stand(platform, endpoint, event_types))
    known = credentials.unseal_signing(endpoint)
    ensure = scheme.ensure
    if ensure is None:
        raise ValidationFailed(f"The webhook of {connection.app} is registered by hand.", code="by_hand_only")
    context = _context(endpoint, event_types, have_secret=_has_secret(endpoint, scheme, known))
    try:
        registered = _called(connection, lambda: ensure(context))
    except RegistrationError as error:
        # A pasted secret can't say so here: it is pasted where we register, too.
        if scheme.secret_told or error.code != "forbidden":
            raise
        return {**_by_hand(endpoint, scheme, event_types), "state_reason": error.as_text()}
    if registered.enabled and not _can_verify(endpoint, scheme, registered, known):
        raise _unverifiable(connection, registered)
    return {
        "state": Endpoint.State.REGISTERED if registered.enabled else Endpoint.State.WAITING_FOR_KEY,
        "state_reason": "",
        "provider_id": registered.id,
        "url": registered.url,
        "event_types": sorted(registered.event_types),
        "api_version": registered.api_version,
        "registered_at": timezone.now(),
        **_sealed_secret(endpoint, registered, known),
    }


def fall(endpoint: Endpoint) -> dict[str, Any]:
    """Remove the webhook at the provider if we put one there; return the columns of an endpoint without."""
    connection = endpoint.connection
    scheme = scheme_of(connection)
    platform = platform_of(endpoint)
    if platform is not None:
        _called(connection, lambda: platforms.fall(platform, endpoint))
        return _NOTHING
    remove_at_provider = scheme.remove
    if endpoint.provider_id and remove_at_provider is not None:
        context = _context(endpoint, set(endpoint.event_types), have_secret=True)
        _called(connection, lambda: remove_at_provider(context))
    secret = credentials.seal_signing(endpoint, [scheme.new_secret()]) if connection.sandbox else b""
    return {**_NOTHING, "secret": secret}


def scheme_of(connection: Connection) -> WebhookScheme:
    """Return how the app's events come. Raises `ValidationFailed` for an app that sends none."""
    app = registry.get_app(connection.app)
    if app.webhook is None:
        raise ValidationFailed(f"{app.name} sends no events.", code="no_webhook")
    return app.webhook


def is_internal(connection: Connection) -> bool:
    """Tell whether the connection's events are made by this installation, so that it has no webhook."""
    scheme = registry.get_app(connection.app).webhook
    return scheme is not None and scheme.internal


def _by_hand(endpoint: Endpoint, scheme: WebhookScheme, event_types: set[str]) -> dict[str, Any]:
    return {
        "state": Endpoint.State.BY_HAND,
        "state_reason": "",
        "event_types": sorted(event_types),
        "url": registration_url(endpoint) or "",
        "api_version": scheme.api_version,
    }


def _has_secret(endpoint: Endpoint, scheme: WebhookScheme, known: tuple[str, ...]) -> bool:
    """Tell whether what the webhook at the provider sends can be verified."""
    if scheme.secret_told:
        return bool(known and endpoint.provider_id)
    return bool(known) or scheme.secret_field in endpoint.connection.hints


def _can_verify(
    endpoint: Endpoint, scheme: WebhookScheme, registered: Registered, known: tuple[str, ...]
) -> bool:
    """Tell whether a secret is held for the webhook that stands now; a former one's signs nothing."""
    if registered.secret:
        return True
    held = _has_secret(endpoint, scheme, known)
    return held and (not scheme.secret_told or registered.id == endpoint.provider_id)


def _unverifiable(connection: Connection, registered: Registered) -> RegistrationError:
    name = registry.get_app(connection.app).name
    return RegistrationError(
        f"{name} told no signing secret for the webhook {registered.id} of connection “{connection}”, "
        "so its deliveries can't be verified.",
        code=UNVERIFIABLE,
        remedy="Press Repair on the connection's page, which registers it anew.",
    )


def _sealed_secret(endpoint: Endpoint, registered: Registered, known: tuple[str, ...]) -> dict[str, bytes]:
    if not registered.secret:
        return {}
    kept = [registered.secret, *(secret for secret in known if secret != registered.secret)]
    return {"secret": credentials.seal_signing(endpoint, kept[:KEPT_SECRETS])}


def _context(endpoint: Endpoint, event_types: set[str], *, have_secret: bool) -> RegistrationContext:
    connection = endpoint.connection
    return RegistrationContext(
        account=account_of(connection),
        send=leases.bounded(sender_for(connection).send),
        url=registration_url(endpoint) or endpoint.url,
        event_types=tuple(sorted(event_types)),
        marker={"tandem_connection": str(connection.code)},
        key=hashlib.sha256(f"webhook|{connection.code}|{endpoint.token}".encode()).hexdigest(),
        known_id=endpoint.provider_id or None,
        have_secret=have_secret,
        deadline=CALL_SECONDS,
    )


def stands_by_hand(endpoint: Endpoint) -> bool:
    """Tell whether publishing leaves the registration of this webhook to the operator."""
    scheme = registry.get_app(endpoint.connection.app).webhook
    return scheme is None or (not scheme.internal and _is_by_hand(endpoint, scheme))


def _is_by_hand(endpoint: Endpoint, scheme: WebhookScheme) -> bool:
    """Tell whether the operator registers: no way to, nowhere to, or a secret pasted to say so."""
    if scheme.ensure is None or registration_url(endpoint) is None:
        return True
    connection = endpoint.connection
    if not {*connection.values, *connection.hints}.issuperset(scheme.requires):
        return True
    return scheme.secret_told and scheme.secret_field in connection.hints


def _called[T](connection: Connection, call: Callable[[], T]) -> T:
    """Make a call to the provider; its failures become a `RegistrationError`."""
    try:
        return call()
    except TransportError as failure:
        error: CallError = from_transport(failure)
    except CallError as failure:
        error = failure
    name, webhook = registry.get_app(connection.app).name, f"the webhook of connection “{connection}”"
    if isinstance(error, Retryable):
        verb = "can't be reached" if error.status is None else "can't be asked now"
        raise RegistrationError(
            f"{name} {verb} to change {webhook}: {error.message}",
            code="unreachable",
            remedy=f"Nothing was changed. Try again when {name} answers.",
        ) from error
    raise RegistrationError(
        f"{name} did not change {webhook}: {error.message}", code=error.code, remedy=error.remedy
    ) from error
