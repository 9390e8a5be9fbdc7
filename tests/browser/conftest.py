"""What `make run` leaves, in processes of its own, and a real Chromium that looks at it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.kill.processes import ROOT, Group, free_port, until, wait_for_port

PASSWORD = "a password of the browser tests"


@dataclass(frozen=True)
class House:
    """A running installation with the demo in it."""

    url: str
    worker: Group


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[House]:
    """Return an installation on SQLite with the demo workspace; web and worker as the Procfile has them."""
    folder, port = Path(tmp_path_factory.mktemp("house")), free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    environment = kept | {
        "ENVIRONMENT": "local",
        "ENV_FILE": "",
        "DJANGO_SETTINGS_MODULE": "tests.e2e.deployed",
        "TEST_STATIC_ROOT": str(folder / "static"),
        "DATABASE_URL": f"sqlite:///{folder / 'house.sqlite3'}",
        "SECRET_KEY": "a secret key of the browser tests, of no use elsewhere",
        "FIELD_KEYS": "a field key of the browser tests, of no use elsewhere",
        "SEARCH_KEYS": "a search key of the browser tests, of no use elsewhere",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DJANGO_SUPERUSER_USERNAME": "maria",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    subprocess.run([sys.executable, "manage.py", "prepare", "--demo"], cwd=ROOT, env=environment, check=True)
    groups = [Group(name, environment, folder / f"{name}.log") for name in ("web", "worker")]
    try:
        wait_for_port(port)
        yield House(f"http://127.0.0.1:{port}", groups[1])
    finally:
        for group in groups:
            group.kill()


def to_plain_form(page: Page) -> None:
    """Go on from the editor to the form that needs no script."""
    page.wait_for_url("**/editor/")
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Plain form").click()


@pytest.fixture
def complaints(browser_page: Page) -> list[str]:
    """Collect what the browser complains of: refused scripts and styles, errors, missing files."""
    found: list[str] = []
    browser_page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    browser_page.on("pageerror", lambda error: found.append(str(error)))
    browser_page.on("response", lambda answer: found.append(answer.url) if answer.status >= 400 else None)
    return found


@pytest.fixture(scope="session")
def signed_in(house: House, browser: Browser) -> list[Any]:
    """Return the cookies of a person who has signed in, once a worker shows life."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{house.url}/admin/")
        page.fill("input[name=username]", "maria")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{house.url}/admin/")
        until(
            lambda: page.goto(f"{house.url}/admin/") and not page.get_by_text("No worker is").count(),
            within=60,
            what=f"the worker shows life\n{house.worker.tail()}",
        )
        return list(context.cookies())


@pytest.fixture
def admin(house: House, browser_page: Page, complaints: list[str], signed_in: list[Any]) -> Iterator[Page]:
    """Return the dashboard of a person who has signed in; the test fails on any complaint of the browser."""
    browser_page.set_default_timeout(30_000)
    browser_page.context.add_cookies(signed_in)
    browser_page.goto(f"{house.url}/admin/")
    yield browser_page
    assert complaints == []
