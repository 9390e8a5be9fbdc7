"""The lists that an input offers, fetched from a connected account: prices, segments, messages.

What a provider answers is kept for a few seconds in the memory of the process,
so that typing asks it seldom; nothing of it is stored.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache

from apps.catalog import registry
from apps.catalog.errors import CallError, NeedsHuman, from_transport
from apps.catalog.spec import Account, Action, App, CallContext
from apps.catalog.transport import TransportError
from apps.common.errors import ServiceError
from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.connections.oauth import refreshing
from apps.connections.senders import sender_for

MOST_SHOWN = 50
MAX_SEARCH = 60
FULL_PAGE = 100
"""A list that long is a provider's first page: where it does not tell, there may be more behind it."""
KEPT_SECONDS = 15
KEPT_SECONDS_OF_REFUSALS = 4
CALLS_A_MINUTE = 40
"""How often one connection is asked for lists, whoever types; searching more has to wait."""
DEADLINE = 5.0
OR_TYPE = "Or type the id."
TRY_OR_TYPE = "Try again, or type the id."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list has, or why it could not be fetched and what to do about it.

    `options` are (value, label). `more` tells that there are others; `partial` that the
    account has some that were not looked through, so that a search may miss them.
    """

    options: tuple[tuple[str, str], ...] = ()
    more: bool = False
    partial: bool = False
    problem: str = ""
    remedy: str = ""


def fetch(connection: Connection, action: Action, *, search: str = "") -> Choices:
    """Return what the read action lists in the connection's account, narrowed by the words of `search`.

    Calls the provider unless it was asked the same a moment ago: no transaction
    may be open. Never raises for what the provider does.
    """
    words = _plain(search)
    asks = words if action.input("search") is not None else ""
    found = _known(connection, action, asks)
    if found.problem:
        return found
    fitting = [option for option in found.options if asks or _fits(option, words)]
    more = len(fitting) > MOST_SHOWN or found.more
    return Choices(tuple(fitting[:MOST_SHOWN]), more=more, partial=found.partial)


def find(connection: Connection, action: Action, *, value: str) -> Choices:
    """Return the one option of this value; none where the account has no such, or its list is too long."""
    for asks in ("", _plain(value)):
        found = _known(connection, action, asks if action.input("search") is not None else "")
        if found.problem:
            return found
        named = tuple(option for option in found.options if option[0] == value)
        if named:
            return Choices(named)
    return Choices()


def _plain(search: str) -> str:
    kept = "".join(character if character.isprintable() else " " for character in search)
    return " ".join(kept.split())[:MAX_SEARCH]


def _fits(option: tuple[str, str], words: str) -> bool:
    text = f"{option[0]} {option[1]}".casefold()
    return all(word in text for word in words.casefold().split())


def _known(connection: Connection, action: Action, search: str) -> Choices:
    """Return the answer that is still fresh, else ask."""
    asked = f"{connection.code}:{connection.revision}:{connection.status}:{action.key}:{search.casefold()}"
    key = f"choices:{hashlib.sha256(asked.encode()).hexdigest()}"
    kept = cache.get(key)
    if isinstance(kept, Choices):
        return kept
    found = _asked(connection, action, search)
    cache.set(key, found, KEPT_SECONDS_OF_REFUSALS if found.problem else KEPT_SECONDS)
    return found


def _asked(connection: Connection, action: Action, search: str) -> Choices:
    app = registry.get_app(connection.app)
    if connection.status == Connection.Status.BROKEN:
        return Choices(
            problem=f"“{connection}” is broken: {connection.status_reason}".strip(),
            remedy=f"Reconnect it under Connections. {OR_TYPE}",
        )
    refreshing.freshen(connection)
    try:
        account = account_of(connection)
    except ServiceError as error:
        return Choices(problem=error.message, remedy=f"{error.remedy} {OR_TYPE}")
    missing = next((key for key in action.requires if not account.values.get(key)), None)
    if missing is not None:
        return _without(connection, app, missing)
    if _too_often(connection):
        return Choices(
            problem=f"“{connection}” has been asked for many lists within a minute.",
            remedy=f"Wait a moment, then search again. {OR_TYPE}",
        )
    return _called(connection, app, action, account, search)


def _without(connection: Connection, app: App, key: str) -> Choices:
    label = next((field.label for field in app.auth.fields if field.key == key), key)
    return Choices(
        problem=f"“{connection}” has no {label}, so {app.name} does not give this list.",
        remedy=f"Add it to the connection, with Reconnect under Connections. {OR_TYPE}",
    )


def _too_often(connection: Connection) -> bool:
    key = f"choices-asked:{connection.code}"
    if cache.add(key, 1, 60):
        return False
    try:
        return cache.incr(key) > CALLS_A_MINUTE
    except ValueError:  # The minute ended meanwhile.
        return False


def _called(connection: Connection, app: App, action: Action, account: Account, search: str) -> Choices:
    context = CallContext(
        inputs={"search": search} if search else {},
        account=account,
        send=sender_for(connection).send,
        key="",  # It reads.
        event_time=0,
        deadline=DEADLINE,
    )
    try:
        return _read(action.call(context))
    except CallError as error:
        return _refused(app, error)
    except TransportError as failure:
        return _refused(app, from_transport(failure))
    except Exception:  # A connector's mistake must not take the page with it.
        log.exception("choices.connector_failed", action=action.key)
        return Choices(problem=f"{app.name}'s answer could not be understood.", remedy=TRY_OR_TYPE)


def _refused(app: App, error: CallError) -> Choices:
    refused = isinstance(error, NeedsHuman) or error.status is not None
    said = error.message if refused else f"{app.name} can't be reached: {error.message}"
    return Choices(problem=said, remedy=f"{error.remedy} {OR_TYPE}" if error.remedy else TRY_OR_TYPE)


def _read(outputs: Mapping[str, Any]) -> Choices:
    listed = outputs.get("options")
    rows = listed if isinstance(listed, list) else []
    options = [
        (str(row["value"]), str(row.get("label") or row["value"]))
        for row in rows
        if isinstance(row, Mapping) and row.get("value")
    ]
    told = outputs.get("has_more")
    more = told if isinstance(told, bool) else len(options) >= FULL_PAGE
    return Choices(tuple(options), more=more, partial=more)
