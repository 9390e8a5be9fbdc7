"""The admin's look in a real browser, under our Content-Security-Policy."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a password of the tests"


@pytest.fixture
def complaints(browser_page: Page) -> list[str]:
    """Collect what the browser complains of: refused scripts and styles, errors, missing files."""
    found: list[str] = []
    browser_page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    browser_page.on("pageerror", lambda error: found.append(str(error)))
    browser_page.on("response", lambda answer: found.append(answer.url) if answer.status >= 400 else None)
    return found


def test_an_admin_signs_in_over_plain_http_on_loopback(
    live_server: LiveServer, browser_page: Page, complaints: list[str]
):
    User.objects.create_superuser("maria", "maria@example.com", PASSWORD)

    browser_page.goto(live_server.url)
    browser_page.get_by_role("link", name="Sign in").first.click()
    browser_page.fill("input[name=username]", "maria")
    browser_page.fill("input[name=password]", PASSWORD)
    browser_page.click("button[type=submit], input[type=submit]")
    browser_page.wait_for_url(f"{live_server.url}/admin/")

    assert browser_page.locator("h1").first.inner_text() == "Dashboard"
    assert complaints == []


def test_the_dark_look_can_be_chosen(live_server: LiveServer, browser_page: Page, complaints: list[str]):
    browser_page.emulate_media(color_scheme="dark")

    browser_page.goto(f"{live_server.url}/admin/login/")

    assert browser_page.evaluate("document.documentElement.classList.contains('dark')")
    assert complaints == []
