"""What a host asks: is this process alive, and can it take requests."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

log = structlog.get_logger(__name__)

PATIENCE_MS = 2000
"""How long the database may take for an answer; a host asks every few seconds."""


class ProbeMiddleware:
    """Answers `/livez` and `/readyz` before anything else looks at the request.

    A host asks by an address of its own and without TLS, which the checks behind
    this one refuse; and an answer must need neither session nor user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._probes = {"/livez": alive, "/readyz": ready}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or hand the request on."""
        probe = self._probes.get(request.path_info) if request.method in ("GET", "HEAD") else None
        if probe is None:
            return self._get_response(request)
        response = probe()
        response["Cache-Control"] = "no-store"
        return response


def alive() -> HttpResponse:
    """Say that the process takes requests; the database is not asked."""
    return JsonResponse({"status": "ok"})


def ready() -> HttpResponse:
    """Say 200 when the database answers and is migrated, else 503 with the reason.

    Over a connection of its own, so that it neither waits for requests that hold
    theirs nor counts on one that has gone stale.
    """
    try:
        problem = _OWN.problem()
    except DatabaseError as error:
        log.warning("ready.database_away", error=type(error).__name__)
        problem = "The database does not answer."
    if problem:
        return JsonResponse({"status": "unavailable", "reason": problem}, status=503)
    return JsonResponse({"status": "ok"})


class _OwnConnection:
    """One connection of the process for this alone; one caller at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self._migrated = False

    def problem(self) -> str:
        """Return what keeps the process from working; empty where nothing does. Raises `DatabaseError`."""
        if not self._lock.acquire(timeout=PATIENCE_MS / 1000):
            return "The database is slow to answer."
        try:
            return self._look()
        except DatabaseError:
            self._close()
            raise
        finally:
            self._lock.release()

    def _look(self) -> str:
        if self._connection is None:
            self._connection = connections.create_connection("default")
            # It belongs to no thread: the lock lets one at a time have it.
            self._connection.inc_thread_sharing()
            if self._connection.vendor == "postgresql":
                with self._connection.cursor() as cursor:
                    cursor.execute(f"SET statement_timeout = {PATIENCE_MS}")
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
            # Migrations only ever come to be applied while a process lives.
            if not self._migrated:
                cursor.execute("SELECT app, name FROM django_migrations")
                waiting = len(MigrationLoader(None).disk_migrations.keys() - set(cursor.fetchall()))
                if waiting:
                    return f"Not all migrations are applied ({waiting} wait): run python manage.py migrate."
                self._migrated = True
        return ""

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(DatabaseError):
            connection.close()


_OWN = _OwnConnection()
