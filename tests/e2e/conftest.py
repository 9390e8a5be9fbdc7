"""One installation for all tests of this folder, on the database of this run."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX

from tests.e2e.installation import Installation


@pytest.fixture(scope="session")
def database_url(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """Return the address of the installation's own database.

    It is a copy of the one that this run has made and migrated; empty where no test asked for that.
    """
    source = _made_by_this_run()
    server = os.environ["DATABASE_URL"]
    if not server:
        file = tmp_path_factory.mktemp("database") / "tandem.sqlite3"
        if source:
            with django_db_blocker.unblock(), connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
        yield f"sqlite:///{file}"
        return
    name = f"e2e_{uuid4().hex[:12]}"
    with closing(psycopg.connect(_named(server, "postgres"), autocommit=True)) as link:
        if source:
            # Only what nobody is connected to is copied, and threads of tests may still be.
            connection.close()
            link.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [source]
            )
        link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source or "template1"}"')
        yield _named(server, name)
        link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _made_by_this_run() -> str:
    """Return the name of the tests' database, nothing where Django had none to make."""
    name = str(connection.settings_dict["NAME"])
    return name if name.startswith(TEST_DATABASE_PREFIX) or "mode=memory" in name else ""


def _named(address: str, database: str) -> str:
    """Return a database's address with another name."""
    base, mark, query = address.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{database}{mark}{query}"


@pytest.fixture(scope="session")
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return a running installation with both accounts connected and two workflows published."""
    made = Installation(Path(tmp_path_factory.mktemp("installation")), database_url)
    try:
        made.start()
        made.connect()
        made.publish("trigger-invoice-payment-failed", "track-event", "Dunning")
        made.publish("trigger-subscription-created", "identify-person", "Welcome")
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def address(installation: Installation) -> str:
    """Return the address that was registered at Stripe."""
    created = next(
        call for call in installation.calls("stripe", "webhook_endpoints") if call["method"] == "POST"
    )
    return dict(parse_qsl(created["body"]))["url"]
