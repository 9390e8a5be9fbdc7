"""Everything that a database holds, as bytes to be searched."""

import base64
import binascii
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql


def dump(database_url: str) -> Iterator[tuple[str, bytes]]:
    """Yield every value of every row as (table.column, bytes), and what lies in SQLite's files besides."""
    if not database_url.startswith("sqlite"):
        yield from _postgres(database_url)
        return
    file = database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as link:
        tables = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = link.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the table's own name.
            columns = [column[0] for column in rows.description]
            yield from _values(table, columns, rows)
    for part in Path(file).parent.glob(f"{Path(file).name}*"):
        yield part.name, part.read_bytes()


def ended_runs(database_url: str, event_id: str) -> list[str]:
    """Return the codes of an event's runs that have ended; quicker than a command, for waiting."""
    query = "SELECT code FROM runs_run WHERE event_id = {} AND finished_at IS NOT NULL"
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=10)) as link:
            return [code for (code,) in link.execute(query.format("?"), [event_id])]
    with psycopg.connect(database_url) as link:
        return [str(code) for (code,) in link.execute(query.format("%s"), [event_id])]


def _postgres(database_url: str) -> Iterator[tuple[str, bytes]]:
    with psycopg.connect(database_url) as link:
        tables = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = link.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            columns = [column.name for column in rows.description or ()]
            yield from _values(table, columns, rows)


def _values(table: str, columns: list[str], rows: Iterable[Sequence[object]]) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            if value is None:
                continue
            raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            yield f"{table}.{column}", raw
            yield from ((f"{table}.{column} unpacked", each) for each in unpacked(raw))


def unpacked(raw: bytes) -> Iterator[bytes]:
    """Yield what is inside of compressed bytes and of signed payloads, as django-q2 queues them."""
    for packed in (raw, *_signed(raw)):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue


def _signed(raw: bytes) -> Iterator[bytes]:
    body = raw.removeprefix(b".").split(b":", 1)[0]
    try:
        decoded = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return
    yield decoded
