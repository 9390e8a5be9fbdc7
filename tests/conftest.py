"""What every test stands on: closed sockets, and the database that a mark asks for."""

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from apps.catalog.custom_rows import SOURCE
from apps.webhooks import refusals
from apps.workflows.versions import compiled
from tests.chromium import ARGUMENTS
from tests.chromium import find as find_chromium

pytest_plugins = ["tests.emptying", "tests.personas"]


@pytest.fixture(autouse=True)
def forget_what_the_process_keeps() -> Iterator[None]:
    """Keep one test's refused requests and compiled versions, whose ids are given again, out of the next."""
    refusals.forget()
    compiled.cache_clear()
    SOURCE.forget()
    yield
    refusals.forget()


@pytest.fixture(autouse=True, scope="session")
def closed_sockets() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"A test tried to connect to {address[0]}; only loopback is open.")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what the database of this run can't show."""
    postgres = connection.vendor == "postgresql"
    for item in items:
        if item.get_closest_marker("postgres") and not postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL; `make test` runs it there"))
        if item.get_closest_marker("sqlite_only") and postgres:
            item.add_marker(pytest.mark.skip(reason="is about SQLite; `make test` runs it there"))


def pytest_collection_finish() -> None:
    """Keep what collecting made, which lives to the end, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Return the environment for a process of the product on this test's database.

    SQLite's test database is in memory and can't be shared: such a test makes a
    file of its own and sets DATABASE_URL.
    """
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    if connection.vendor == "postgresql":
        environment["DATABASE_URL"] = _with_database(os.environ["DATABASE_URL"])
    return environment


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium on this machine, or skip with the reason."""
    path = find_chromium()
    if path is None:
        pytest.skip("there is no Chromium on this machine; `make test` installs one where it may")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Return a headless Chromium that lives as long as the tests.

    Playwright's synchronous interface runs an event loop in this thread, which
    Django takes for an asynchronous view.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # For a busy machine; what is there is seen at once.
    with pytest.MonkeyPatch.context() as patched, sync_playwright() as playwright:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def browser_page(browser: Any) -> Iterator[Any]:
    """Open an empty page in a context of its own: no cookie, nothing kept, closed after the test."""
    with browser.new_context() as context:
        yield context.new_page()


def _with_database(url: str) -> str:
    """Return the address with the name of the database that this test run made."""
    base, mark, query = url.partition("?")
    server = base.rsplit("/", 1)[0]
    return f"{server}/{connection.settings_dict['NAME']}{mark}{query}"
