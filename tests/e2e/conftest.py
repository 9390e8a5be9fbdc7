"""One installation for all tests of this folder, on the database of this run."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import uuid4

import psycopg
import pytest

from tests.e2e.installation import Installation


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an empty database of the installation's own."""
    server = os.environ["DATABASE_URL"]
    if not server:
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'tandem.sqlite3'}"
        return
    name = f"e2e_{uuid4().hex[:12]}"
    with closing(psycopg.connect(_named(server, "postgres"), autocommit=True)) as link:
        link.execute(f'CREATE DATABASE "{name}"')
        yield _named(server, name)
        link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
