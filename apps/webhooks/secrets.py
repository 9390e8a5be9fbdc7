"""Signing secrets, decrypted once for as long as their sealed form stays the same.

Nothing has to tell this process that a secret was changed: whatever the answer
depends on is read with each batch, and compared.
"""

from collections import OrderedDict
from threading import Lock
from typing import Any

from django.conf import settings

from apps.catalog import registry
from apps.connections.models import Endpoint
from apps.connections.registration import signing_secrets

KEPT = 1_000
"""Endpoints whose secrets are kept in memory, the latest used."""

_lock = Lock()
_kept: OrderedDict[int, tuple[tuple[Any, ...], tuple[str, ...]]] = OrderedDict()


def of(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the secrets that may sign a delivery, as `signing_secrets` does; raises what it raises."""
    connection = endpoint.connection
    # The declaration of an app of one's own may change, and with it what its secrets are bound to.
    if not registry.is_built_in(connection.app):
        return signing_secrets(connection)
    stamp = _stamp(endpoint)
    with _lock:
        kept = _kept.get(endpoint.pk)
        if kept is not None and kept[0] == stamp:
            _kept.move_to_end(endpoint.pk)
            return kept[1]
    opened = signing_secrets(connection)
    with _lock:
        _kept[endpoint.pk] = stamp, opened
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return opened


def forget() -> None:
    """Forget every secret."""
    with _lock:
        _kept.clear()


def _stamp(endpoint: Endpoint) -> tuple[Any, ...]:
    """Return everything that the secrets are read from, sealed as it is, and the keys that open it."""
    connection = endpoint.connection
    return (
        endpoint.token,
        bytes(endpoint.secret),
        bytes(connection.credentials),
        connection.code,
        connection.app,
        connection.sandbox,
        connection.base_url,
        connection.status,
        connection.values,
        connection.hints,
        tuple(settings.FIELD_KEYS),
    )
