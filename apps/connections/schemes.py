"""How one connection's events come: its app's scheme, as the connection's own values bind it."""

from apps.catalog import registry
from apps.catalog.spec import WebhookScheme
from apps.connections.models import Connection


def scheme_of(connection: Connection) -> WebhookScheme | None:
    """Return the scheme; None for an app that sends no events, or is not known any more."""
    try:
        scheme = registry.get_app(connection.app).webhook
    except registry.UnknownKeyError:
        return None
    return None if scheme is None else scheme.for_values(connection.values)


def is_unverified(connection: Connection) -> bool:
    """Tell whether anybody who knows the connection's address may send events, as somebody has chosen."""
    scheme = scheme_of(connection)
    return scheme is not None and scheme.unverified
