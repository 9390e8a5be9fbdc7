"""The receive statement: whose requests these are, and the rows of a batch of arrivals.

The one place of receiving with SQL written by hand. On PostgreSQL each step is
one prepared statement for the whole batch, since most of a small insert's cost
is in building, sending and planning it. SQLite has no such cost: there the rows
are written one by one or with `executemany`. A test holds that both write what
the models would have written.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import Model, Q
from psycopg.types.numeric import Int8

from apps.common import prepared
from apps.connections.models import Connection, Endpoint
from apps.runs.models import Run
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow

type Listening = tuple[int, str]
"""A connection's id and a trigger's reference."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One arrival's rows, not stored yet: its identity for `Seen`, the delivery, its runs."""

    identity: bytes
    delivery: Delivery
    runs: Sequence[Run] = ()


# Whose requests

_ENDPOINT = ("id", "token", "secret", "last_delivery_at", "platform_id", "connection_id")
_CONNECTION = (
    *("id", "workspace_id", "code", "app", "name", "sandbox", "base_url", "credentials"),
    *("values", "hints", "status", "revision"),
)
_JSON = frozenset({"values", "hints"})
_ENDPOINTS = f"""
    SELECT {", ".join(f"e.{name}" for name in _ENDPOINT)}, {", ".join(f'c."{name}"' for name in _CONNECTION)}
    FROM connections_endpoint e JOIN connections_connection c ON c.id = e.connection_id
    WHERE e.token = ANY(%b::text[]) AND c.status <> '{Connection.Status.DISCONNECTED}'
"""  # noqa: S608 - names of columns and a constant.


def endpoints_by_token(tokens: Iterable[str]) -> dict[str, Endpoint]:
    """Return the endpoints of connections that are not disconnected, with their connections."""
    wanted = list(dict.fromkeys(tokens))
    if not wanted:
        return {}
    if database.vendor == "postgresql":
        found = [_endpoint(row) for row in prepared.execute(_ENDPOINTS, [wanted])]
    else:
        live = Endpoint.objects.select_related("connection").filter(token__in=wanted)
        found = list(live.exclude(connection__status=Connection.Status.DISCONNECTED))
    return {endpoint.token: endpoint for endpoint in found}


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    own, others = row[: len(_ENDPOINT)], row[len(_ENDPOINT) :]
    endpoint: Endpoint = _made(Endpoint, _ENDPOINT, own)
    endpoint.connection = _made(Connection, _CONNECTION, others)
    return endpoint


def _made(model: type[Model], names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return a row as the ORM would, its other fields deferred."""
    ordered, places = _order(model, names)
    return model.from_db(
        database.alias,
        ordered,
        [json.loads(values[place]) if names[place] in _JSON else values[place] for place in places],
    )


@cache
def _order(model: type[Model], names: tuple[str, ...]) -> tuple[list[str], list[int]]:
    """Return the names in the order of the model's fields, as the ORM wants them, and where each stands."""
    ordered = [field.attname for field in model._meta.concrete_fields if field.attname in names]
    return ordered, [names.index(name) for name in ordered]


# Who listens

_WORKFLOW = (
    "id",
    "workspace_id",
    "code",
    "status",
    "live_version_id",
    "trigger_ref",
    "trigger_connection_id",
)
_WORKFLOWS = f"""
    SELECT {", ".join(f"w.{name}" for name in _WORKFLOW)}
    FROM workflows_workflow w
    JOIN unnest(%b::bigint[], %b::text[]) AS a (connection_id, ref)
      ON w.trigger_connection_id = a.connection_id AND w.trigger_ref = a.ref
    WHERE w.status IN ('{Workflow.Status.PUBLISHED}', '{Workflow.Status.PAUSED}')
    ORDER BY w.id DESC
"""  # noqa: S608 - names of columns and constants.


def workflows_listening(wanted: Iterable[Listening]) -> list[Workflow]:
    """Return the live workflows that these triggers of these connections start, newest first; no drafts."""
    pairs = list(dict.fromkeys(wanted))
    if not pairs:
        return []
    if database.vendor == "postgresql":
        rows = prepared.execute(_WORKFLOWS, [[Int8(pk) for pk, _ in pairs], [ref for _, ref in pairs]])
        return [_made(Workflow, _WORKFLOW, row) for row in rows]
    refs: dict[int, list[str]] = {}
    for pk, ref in pairs:
        refs.setdefault(pk, []).append(ref)
    either = Q()
    for pk, named in refs.items():
        either |= Q(trigger_connection_id=pk, trigger_ref__in=named)
    live = (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
    return list(Workflow.objects.filter(either, status__in=live).only(*_WORKFLOW))


# The rows

type _Column = tuple[str, str, Callable[[Any], Any]]
"""Name, PostgreSQL's type, and how its value is read from what the row is of."""

_SEEN: tuple[_Column, ...] = (
    ("event_hash", "bytea", lambda entry: entry.identity),
    ("event_at", "timestamptz", lambda entry: entry.delivery.occurred_at or entry.delivery.received_at),
    # No array of nothing but NULL has a type, so that a flag says where there is no time.
    ("dated", "boolean", lambda entry: entry.delivery.occurred_at is not None),
)
_DELIVERY: tuple[_Column, ...] = (
    ("workspace_id", "bigint", lambda delivery: Int8(delivery.workspace_id)),
    ("connection_id", "bigint", lambda delivery: Int8(delivery.connection_id)),
    ("code", "uuid", lambda delivery: delivery.code),
    ("source", "text", lambda delivery: str(delivery.source)),
    ("status", "text", lambda delivery: str(delivery.status)),
    ("reason", "text", lambda delivery: delivery.reason),
    ("event_id", "text", lambda delivery: delivery.event_id),
    ("event_type", "text", lambda delivery: delivery.event_type),
    ("received_at", "timestamptz", lambda delivery: delivery.received_at),
    ("late", "boolean", lambda delivery: delivery.late),
    ("body", "bytea", lambda delivery: delivery.body),
    ("body_size", "bigint", lambda delivery: Int8(delivery.body_size)),
)
_RUN: tuple[_Column, ...] = (
    ("code", "uuid", lambda run: run.code),
    ("workflow_id", "bigint", lambda run: Int8(run.workflow_id)),
    ("version_id", "bigint", lambda run: Int8(run.version_id)),
    ("status", "text", lambda run: str(run.status)),
    ("reason_code", "text", lambda run: run.reason_code),
    ("reason", "text", lambda run: run.reason),
    ("remedy", "text", lambda run: run.remedy),
    ("depth", "bigint", lambda run: Int8(run.depth)),
    # No array of nothing but NULL has a type, so that nothing stands for NULL.
    ("order_key", "bytea", lambda run: run.order_key or b""),
)
# What a first run has of its delivery need not be sent twice.
_RUN_OF_DELIVERY = ("workspace_id", "event_id", "event_type", "received_at", "event_at")
_RUN_CONSTANTS = (("replay", "0"), ("lost_leases", "0"), ("cancel_requested", "false"))


def _names(columns: Sequence[_Column]) -> str:
    return ", ".join(name for name, _, _ in columns)


def _arrays(columns: Sequence[_Column]) -> str:
    return ", ".join(f"%b::{kind}[]" for _, kind, _ in columns)


# Seen rows go in by one order everywhere, so that two processes with the same
# events can't wait for each other; the others by arrival, so that ids tell it.
_STORE_DELIVERIES = f"""
    WITH given AS (
      SELECT * FROM unnest({_arrays(_SEEN)}, {_arrays(_DELIVERY)}) WITH ORDINALITY
      AS t ({_names(_SEEN)}, {_names(_DELIVERY)}, place)
    ), claimed AS (
      INSERT INTO webhooks_seen (connection_id, event_hash, delivery_code, event_at)
      SELECT connection_id, event_hash, code, event_at FROM given ORDER BY connection_id, event_hash
      ON CONFLICT (connection_id, event_hash) DO NOTHING RETURNING delivery_code
    ), stored AS (
      INSERT INTO webhooks_delivery ({_names(_DELIVERY)}, occurred_at, duplicates)
      SELECT {_names(_DELIVERY)}, CASE WHEN dated THEN event_at END, 0 FROM given
      WHERE code IN (SELECT delivery_code FROM claimed) ORDER BY place
      RETURNING id, code
    )"""  # noqa: S608 - names of columns.
_STORE_RUNS = f""", started AS (
      INSERT INTO runs_run
        ({_names(_RUN)}, {", ".join(_RUN_OF_DELIVERY)}, due_at,
        delivery_id, {", ".join(name for name, _ in _RUN_CONSTANTS)})
      SELECT {", ".join(f"r.{name}" for name, _, _ in _RUN if name != "order_key")}, NULLIF(r.order_key, ''),
        {", ".join(f"g.{name}" for name in _RUN_OF_DELIVERY)}, g.received_at,
        stored.id, {", ".join(value for _, value in _RUN_CONSTANTS)}
      FROM unnest(%b::uuid[], {_arrays(_RUN)}) WITH ORDINALITY AS r (delivery_code, {_names(_RUN)}, place)
      JOIN stored ON stored.code = r.delivery_code JOIN given g ON g.code = r.delivery_code
      ORDER BY r.place
    )"""  # noqa: S608 - names of columns.
_ANSWER = " SELECT code FROM stored"


def stores_at_once() -> bool:
    """Tell whether `store` is one statement, which commits by itself where no transaction has begun."""
    return database.vendor == "postgresql"


def store(entries: Sequence[Entry]) -> set[UUID]:
    """Write what was not seen before; return the codes of those deliveries.

    In the caller's transaction, if there is one. No two entries may have one connection and
    identity. Of simultaneous transactions with the same event exactly one
    writes it: the others wait for its commit, and one of them writes it where it
    rolls back. Raises what the database raises.
    """
    if not entries:
        return set()
    return _store_at_once(entries) if stores_at_once() else _store_one_by_one(entries)


def _store_at_once(entries: Sequence[Entry]) -> set[UUID]:
    deliveries = [entry.delivery for entry in entries]
    values: list[Any] = [[read(entry) for entry in entries] for _, _, read in _SEEN]
    values += [[read(delivery) for delivery in deliveries] for _, _, read in _DELIVERY]
    owned = [(entry.delivery.code, run) for entry in entries for run in entry.runs]
    if not owned:
        rows = prepared.execute(_STORE_DELIVERIES + _ANSWER, values)
    else:
        values.append([code for code, _ in owned])
        values += [[read(run) for _, run in owned] for _, _, read in _RUN]
        rows = prepared.execute(_STORE_DELIVERIES + _STORE_RUNS + _ANSWER, values)
    return {row[0] for row in rows}


def _insert(table: str, columns: Sequence[str], values: str, *, tail: str = "") -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) {tail}"  # noqa: S608 - names.


_DELIVERY_NAMES = (*(name for name, _, _ in _DELIVERY), "occurred_at", "duplicates")
_RUN_NAMES = (*(name for name, _, _ in _RUN), *_RUN_OF_DELIVERY, "due_at")
_CLAIM_ONE = _insert(
    "webhooks_seen",
    ("connection_id", "event_hash", "delivery_code", "event_at"),
    "%s, %s, %s, %s",
    tail="ON CONFLICT (connection_id, event_hash) DO NOTHING RETURNING id",
)
_DELIVER_ONE = _insert("webhooks_delivery", _DELIVERY_NAMES, ", ".join(["%s"] * len(_DELIVERY_NAMES)))
_START_ONE = _insert(
    "runs_run",
    (*_RUN_NAMES, "delivery_id", *(name for name, _ in _RUN_CONSTANTS)),
    ", ".join(
        [
            *(["%s"] * len(_RUN_NAMES)),
            "(SELECT id FROM webhooks_delivery WHERE code = %s)",
            *(value for _, value in _RUN_CONSTANTS),
        ]
    ),
)


def _store_one_by_one(entries: Sequence[Entry]) -> set[UUID]:
    with database.cursor() as cursor:
        fresh = [entry for entry in entries if _claim(cursor, entry)]
        if fresh:
            cursor.executemany(_DELIVER_ONE, [_plain(entry.delivery, _DELIVERY_NAMES) for entry in fresh])
        started = [
            [*_plain(run, _RUN_NAMES), *_plain(entry.delivery, ("code",))]
            for entry in fresh
            for run in entry.runs
        ]
        if started:
            cursor.executemany(_START_ONE, started)
    return {entry.delivery.code for entry in fresh}


def _claim(cursor: Any, entry: Entry) -> bool:
    delivery = entry.delivery
    code, received_at = _plain(delivery, ("code", "received_at"))
    event_at = _plain(delivery, ("occurred_at",))[0] or received_at
    cursor.execute(_CLAIM_ONE, [delivery.connection_id, entry.identity, code, event_at])
    return cursor.fetchone() is not None


def _plain(row: Model, names: Sequence[str]) -> list[Any]:
    """Return the fields' values as this database takes them."""
    fields = {field.attname: field for field in row._meta.concrete_fields}
    return [fields[name].get_db_prep_save(getattr(row, name), database) for name in names]
