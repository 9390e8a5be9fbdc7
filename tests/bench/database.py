"""The benchmark's own look into the product's database, beside the product."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

MEGABYTE = 1_000_000
UNFINISHED = "SELECT count(*) FROM runs_run WHERE status IN ('queued', 'waiting', 'running')"


class Database:
    """Where the product's rows are: an address of PostgreSQL, or of a SQLite file."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_postgres = not url.startswith("sqlite")
        self.file = Path(url.removeprefix("sqlite:///"))

    def rows(self, sql: str, *, writes: bool = False) -> list[tuple[Any, ...]]:
        """Execute one statement on a connection of its own; return its rows."""
        if self.is_postgres:
            with psycopg.connect(self.url, autocommit=True) as link:
                cursor = link.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.file, timeout=30)) as link:
            found = link.execute(sql).fetchall()
            if writes:
                link.commit()
            return found

    def statuses(self) -> dict[str, int]:
        """Return how many runs there are by status."""
        return {
            str(status): int(n) for status, n in self.rows("SELECT status, count(*) FROM runs_run GROUP BY 1")
        }

    def unfinished(self) -> int:
        """Return how many runs have not ended."""
        return int(self.rows(UNFINISHED)[0][0])

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each table with its indexes, and of the whole database as `total`."""
        if self.is_postgres:
            tables = self.rows(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            sizes = {str(name): int(size) for name, size in tables}
            return {**sizes, "total": sum(sizes.values())}
        return self._sqlite_sizes()

    def _sqlite_sizes(self) -> dict[str, int]:
        (size,) = self.rows("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")[0]
        try:
            found = self.rows(
                "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s"
                " JOIN sqlite_master m ON m.name = s.name GROUP BY 1"
            )
        except sqlite3.Error:
            found = []  # Built without the table that tells.
        return {**{str(name): int(each) for name, each in found}, "total": int(size)}

    def server_pid(self) -> int | None:
        """Return PostgreSQL's first process where it runs on this machine and may be read; else None."""
        if not self.is_postgres:
            return None
        folder = parse_qs(urlsplit(self.url).query).get("host", [""])[0]
        try:
            return int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None


def grown(before: dict[str, int], after: dict[str, int]) -> Sequence[tuple[str, int]]:
    """Return by how many bytes each table has grown, the largest first, `total` in front."""
    found = [(name, size - before.get(name, 0)) for name, size in after.items()]
    return sorted(found, key=lambda row: (row[0] != "total", -row[1]))
