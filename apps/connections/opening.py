"""Connections opened for a batch of calls: one look, and nothing decrypted that has not changed.

The look reads, at every batch, all that opening a connection depends on: its row,
what it was granted and the operator's client. What was decrypted before is used
again only where every column of that is as it was, so that a connection which
was reconnected, renewed, broken or disconnected is seen at once.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from apps.catalog.spec import Account
from apps.common import prepared
from apps.connections import accounts, credentials
from apps.connections.models import Connection
from apps.connections.oauth.models import OAuthClient
from apps.workspaces.models import Workspace

MOST = 500
"""Opened connections that a process keeps."""

_UNREAD = ("last_used_at",)
"""It changes every few seconds, and nothing of a call depends on it."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A connection as the look found it. `token_ends_at` is None where it has no token that ends."""

    connection: Connection
    token_ends_at: datetime | None
    read: Row = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    """What was decrypted, and all that it depended on."""

    depends_on: Row
    account: Account
    secrets: tuple[str, ...]


_opened: dict[int, _Opened] = {}
_lock = Lock()


def look(codes: Collection[UUID]) -> list[Found]:
    """Return the connections of these codes as they stand now, in one query on PostgreSQL."""
    read = _rows_prepared if database.vendor == "postgresql" else _rows
    return [_found(row) for row in read(codes)]


def opened(found: Found) -> tuple[Account, tuple[str, ...]]:
    """Return the account of a connection and its secrets, for masking.

    Raises as `accounts.account_of` does.
    """
    connection = found.connection
    depends_on = (*found.read, credentials.binding(connection), tuple(settings.FIELD_KEYS))
    known = _opened.get(connection.pk)
    if known is None or known.depends_on != depends_on:
        forget(connection.pk)
        known = _Opened(depends_on, accounts.account_of(connection), accounts.secrets_of(connection))
        with _lock:
            if len(_opened) >= MOST:
                _opened.clear()
            _opened[connection.pk] = known
    return Account(dict(known.account.values), known.account.base_url), known.secrets


def forget(connection: int) -> None:
    """Drop what was decrypted of a connection."""
    with _lock:
        _opened.pop(connection, None)


def _found(row: Row) -> Found:
    own = [_copied(name, value) for name, value in zip(_NAMES, row, strict=False)]
    connection = Connection.from_db(database.alias, _NAMES, own)
    connection.workspace = Workspace.from_db(database.alias, _OF_WORKSPACE, row[len(_NAMES) : _ENDS_AT])
    return Found(connection, row[_ENDS_AT], row)


def _copied(name: str, value: Any) -> Any:
    """Return a value of a connection's row as the model has it, apart from what is compared later."""
    if name not in _DOCUMENTS:
        return value
    return json.loads(value) if isinstance(value, str) else dict(value)


def _names(model: type[Connection] | type[Workspace]) -> tuple[str, ...]:
    return tuple(each.attname for each in model._meta.concrete_fields if each.attname not in _UNREAD)


_NAMES, _OF_WORKSPACE = _names(Connection), _names(Workspace)
_DOCUMENTS = ("values", "hints")
_ENDS_AT = len(_NAMES) + len(_OF_WORKSPACE)
_GRANTED = ("expires_at", "id", "generation", "client_id", "account_id")
_CLIENT = ("client_id", "secret", "base_url")

_COLUMNS = ", ".join(
    [
        *(f'c."{name}"' for name in _NAMES),
        *(f'w."{name}"' for name in _OF_WORKSPACE),
        *(f'g."{name}"' for name in _GRANTED),
        *(f'o."{name}"' for name in _CLIENT),
    ]
)
_LOOK = f"""
SELECT {_COLUMNS} FROM connections_connection c
JOIN workspaces_workspace w ON w.id = c.workspace_id
LEFT JOIN connections_oauthgrant g ON g.connection_id = c.id
LEFT JOIN connections_oauthclient o ON o.app = c.app
WHERE c.code = ANY(%b::uuid[])
"""  # noqa: S608 - names only.


def _rows_prepared(codes: Collection[UUID]) -> list[Row]:
    return prepared.execute(_LOOK, [list(codes)])


def _rows(codes: Collection[UUID]) -> list[Row]:
    """Read as `_rows_prepared` does, where nothing is prepared; the clients by a query of their own."""
    of_workspace = (f"workspace__{name}" for name in _OF_WORKSPACE)
    granted = (f"grant__{name}" for name in _GRANTED)
    rows = Connection.objects.filter(code__in=codes).order_by()
    found = rows.values_list(*_NAMES, *of_workspace, *granted)
    clients = {app: tuple(client) for app, *client in OAuthClient.objects.values_list("app", *_CLIENT)}
    app = _NAMES.index("app")
    return [(*row, *clients.get(row[app], (None,) * len(_CLIENT))) for row in found]
