"""Starts the stand-in and the product's processes, and ends whatever is left of them."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections

from apps.common.http import close_pools
from tests.kill.processes import Group, free_port, wait_for_port
from tests.kill.standin import StandIn
from tests.kill.world import World

Start = Callable[..., Group]


@pytest.fixture
def provider() -> Iterator[StandIn]:
    standin = StandIn()
    yield standin
    close_pools()  # This process has tested a connection, too.
    standin.close()


@pytest.fixture
def environment(
    process_environment: dict[str, str], provider: StandIn, tmp_path: Path, settings
) -> Iterator[dict[str, str]]:
    """Return the processes' environment; this one's database is theirs, SQLite's as a file."""
    allowed = f"127.0.0.1:{provider.port}"
    settings.EGRESS_ALLOW = [allowed]
    made = {**process_environment, "EGRESS_ALLOW": allowed, "HOST": "127.0.0.1", "PORT": str(free_port())}
    if connection.vendor == "postgresql":
        yield made
        return
    file = tmp_path / "kill.sqlite3"
    memory, ours = connections[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS].copy()
    with closing(sqlite3.connect(file)) as copy:
        memory.ensure_connection()
        memory.connection.backup(copy)
    ours.settings_dict["NAME"] = file
    connections[DEFAULT_DB_ALIAS] = ours
    yield {**made, "DATABASE_URL": f"sqlite:///{file}"}
    ours.close()
    connections[DEFAULT_DB_ALIAS] = memory


@pytest.fixture
def world(environment: dict[str, str], provider: StandIn) -> World:
    return World(provider.port)


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts one line of the Procfile; settings go by keyword."""
    started: list[Group] = []

    def start_line(name: str, **variables: object) -> Group:
        changed = {key: str(value) for key, value in variables.items()}
        group = Group(name, {**environment, **changed}, tmp_path / f"{name}.log")
        started.append(group)
        if name == "web":
            wait_for_port(int(environment["PORT"]))
        return group

    yield start_line
    for group in started:
        group.kill()
        sys.stdout.write(group.tail())  # Shown where the test has failed.
