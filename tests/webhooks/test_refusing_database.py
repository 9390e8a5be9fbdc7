"""A database that does not take the event makes a 503, never a 2xx, and leaves nothing behind."""

import sqlite3
from contextlib import contextmanager

import pytest
from django.db import connection as database
from django.db import transaction

from apps.runs.models import Run
from apps.webhooks import services
from apps.webhooks.models import Delivery, Seen
from tests.webhooks.stripe_sender import address, event, post, sign_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def refused(endpoint) -> None:
    """Post an event and expect that the provider is told to send it again."""
    answer = post(address(endpoint), event("evt_refused"))

    assert (answer.status_code, answer.json()["code"]) == (503, "not_stored")
    assert answer["Retry-After"] == "5"


def nothing_stored() -> bool:
    return not (Delivery.objects.exists() or Seen.objects.exists() or Run.objects.exists())


def taken_afterwards(endpoint) -> bool:
    answer = post(address(endpoint), event("evt_refused"))
    return answer.json()["code"] == "accepted" and Run.objects.count() == 1


@contextmanager
def sqlite_trigger(table: str, action: str):
    with database.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER refusing BEFORE INSERT ON {table} BEGIN {action}; END")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP TRIGGER refusing")


@contextmanager
def postgres_trigger(table: str, action: str, *, at_commit: bool = False):
    kind = "CONSTRAINT TRIGGER refusing AFTER" if at_commit else "TRIGGER refusing BEFORE"
    when = "DEFERRABLE INITIALLY DEFERRED" if at_commit else ""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {action}; RETURN NEW; END $$"
        )
        cursor.execute(f"CREATE {kind} INSERT ON {table} {when} FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refusing ON {table}")
            cursor.execute("DROP FUNCTION refuse()")


TABLES = ("webhooks_seen", "webhooks_delivery", "runs_run")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("table", TABLES)
def test_a_refused_insert_is_503_on_sqlite(endpoint, listening, table):
    with sqlite_trigger(table, "SELECT RAISE(ABORT, 'disk full')"):
        refused(endpoint)

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.sqlite_only
def test_a_refused_commit_is_503_on_sqlite(endpoint, listening):
    # The foreign key is checked at COMMIT, when every statement has succeeded.
    dangling = "INSERT INTO workspaces_membership (workspace_id, user_id, role, created_at)"
    with sqlite_trigger("webhooks_delivery", f"{dangling} VALUES (987654, 987654, 'owner', '2026-01-01')"):
        refused(endpoint)

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.sqlite_only
def test_a_locked_database_is_503(endpoint, listening):
    other = sqlite3.connect(database.settings_dict["NAME"], uri=True)
    other.execute("BEGIN IMMEDIATE")
    try:
        refused(endpoint)
    finally:
        other.rollback()
        other.close()

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.postgres
@pytest.mark.parametrize("table", TABLES)
def test_a_refused_insert_is_503_on_postgresql(endpoint, listening, table):
    with postgres_trigger(table, "RAISE EXCEPTION 'disk full'"):
        refused(endpoint)

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.postgres
def test_a_refused_commit_is_503_on_postgresql(endpoint, listening):
    with postgres_trigger("webhooks_delivery", "RAISE EXCEPTION 'refused at commit'", at_commit=True):
        refused(endpoint)

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.postgres
@pytest.mark.parametrize("at_commit", [False, True])
def test_a_lost_connection_is_503_and_the_next_request_connects_again(endpoint, listening, at_commit):
    lose = "PERFORM pg_terminate_backend(pg_backend_pid())"
    with postgres_trigger("webhooks_delivery", lose, at_commit=at_commit):
        refused(endpoint)

    assert nothing_stored()
    assert taken_afterwards(endpoint)


@pytest.mark.postgres
def test_a_table_that_stays_locked_is_503(endpoint, listening):
    other = database.copy()
    with database.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE")
            refused(endpoint)
            other.rollback()
    finally:
        other.close()
        with database.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    assert nothing_stored()
    assert taken_afterwards(endpoint)


def test_inside_another_transaction_nothing_is_accepted(endpoint, listening):
    body = event("evt_refused")
    headers = {"stripe-signature": sign_bytes(body)}

    # The answer would come before the commit.
    with transaction.atomic():
        receipt = services.receive(f"stripe/{endpoint.token}", headers, body)

    assert (receipt.status, receipt.code) == (503, "not_stored")
    assert nothing_stored()
