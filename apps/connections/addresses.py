"""Where a provider posts a connection's events, and what to do where it can't reach us."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from apps.catalog import registry
from apps.connections.models import Endpoint, PlatformEndpoint

SANDBOX_URL = "https://tandem.example.com"
"""The address that a sandbox is told where there is no public one; nothing is ever sent there."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """What an operator needs to register a webhook: `url` is the provider's to call.

    `names` are what the provider calls the events to choose there.
    `command` is the provider's own tool for an address that only this machine
    reaches, or sends an example where nothing is registered, "" where there is
    none. `field` is the key of the Auth
    field that takes the signing secret.
    """

    url: str
    names: tuple[str, ...]
    help_text: str
    command: str
    field: str


def webhook_url(endpoint: Endpoint) -> str | None:
    """Return the registered address; None while PUBLIC_URL is unset or means this machine."""
    if not settings.PUBLIC_URL or is_loopback(settings.PUBLIC_URL):
        return None
    return f"{settings.PUBLIC_URL}{_path_at_provider(endpoint)}"


def registration_url(endpoint: Endpoint) -> str | None:
    """Return the address to register at the provider, or at the sandbox, which can register any."""
    url = webhook_url(endpoint)
    return url or (f"{SANDBOX_URL}{_path(endpoint)}" if endpoint.connection.sandbox else None)


def shown_url(endpoint: Endpoint) -> str:
    """Return the address as an operator of this machine reaches it."""
    return f"{settings.PUBLIC_URL or settings.LOCAL_URL}{_path(endpoint)}"


def registered_url(endpoint: Endpoint) -> str:
    """Return the address that stands at the provider, "" where we registered none."""
    ours = endpoint.state in (Endpoint.State.REGISTERED, Endpoint.State.WAITING_FOR_KEY)
    return endpoint.url if ours else ""


def why_not_public() -> str:
    """Return why no provider reaches this installation, "" where one does."""
    if not settings.PUBLIC_URL:
        return "PUBLIC_URL is not set"
    return "PUBLIC_URL means this machine" if is_loopback(settings.PUBLIC_URL) else ""


def by_hand(endpoint: Endpoint) -> ByHand | None:
    """Return how to register the webhook by hand; None for an app that sends none."""
    scheme = registry.get_app(endpoint.connection.app).webhook
    if scheme is None:
        return None
    scheme = scheme.for_values(endpoint.connection.values)
    url = shown_url(endpoint)
    names = tuple(scheme.registered_name(event_type) for event_type in endpoint.event_types)
    command = ""
    # Where no provider registers by itself, the command shows how a right request is made.
    if scheme.manual_command and (webhook_url(endpoint) is None or scheme.ensure is None):
        command = scheme.manual_command.format(events=",".join(names), url=url)
    return ByHand(url, names, scheme.manual_help, command, scheme.secret_field)


def is_loopback(url: str) -> bool:
    """Tell whether an address means the machine itself, which no provider can reach."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def platform_of(endpoint: Endpoint) -> PlatformEndpoint | None:
    """Return the client's webhook that the endpoint's events come through; None for one of its own.

    A connection with a pasted signing secret has its own, which its account registered by hand.
    """
    if endpoint.platform_id is None:
        return None
    scheme = registry.get_app(endpoint.connection.app).webhook
    pasted = scheme is not None and scheme.secret_field in endpoint.connection.hints
    return None if pasted else endpoint.platform


def _path_at_provider(endpoint: Endpoint) -> str:
    platform = platform_of(endpoint)
    return _path(endpoint) if platform is None else f"/v1/webhooks/{endpoint.connection.app}/{platform.token}"


def _path(endpoint: Endpoint) -> str:
    return f"/v1/webhooks/{endpoint.connection.app}/{endpoint.token}"
