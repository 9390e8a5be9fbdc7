"""The forms of own apps in a real browser: rows and fields that apply without a round trip, on any width."""

from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe finds in the page's own part; the frame around it is the admin's."""
    page.evaluate(AXE)
    results = page.evaluate("axe.run('#content-main', { resultTypes: ['violations'] })")
    assert results["passes"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in results["violations"]]


def test_an_app_with_an_action_is_made_in_a_browser(admin: Page, house: House):
    admin.goto(f"{house.url}/admin/catalog/customapp/add/")
    expect(admin.get_by_label("Name of the header or parameter")).to_be_hidden()
    admin.get_by_label("Requests are signed by").select_option("header")
    admin.get_by_label("Name of the header or parameter").fill("X-Api-Key")
    admin.get_by_label("Name", exact=False).first.fill("Corner Shop")
    admin.get_by_label("Base address").fill("https://shop.example.com/api")
    admin.get_by_label("Help").fill("In the shop under Settings, API keys.")
    admin.get_by_label("Path of the test call").fill("/me")
    admin.get_by_role("button", name="Add the app").click()

    admin.get_by_role("link", name="Add an action").click()
    admin.locator("#id_name").fill("Add a note")
    admin.locator("#id_path").fill("/notes")
    admin.get_by_role("button", name="Add an input").click()
    admin.get_by_role("button", name="Add an input").click()
    admin.get_by_role("button", name="Remove row of Inputs").first.click()
    row = admin.locator("[data-rows=inputs] > .ca-row")
    expect(row).to_have_count(1)
    expect(row.get_by_label("Choices")).to_be_hidden()
    row.get_by_label("Label").fill("Text")
    row.get_by_label("Help").fill("What to write.")
    admin.locator("#id_body").fill('{"text": "{{ inputs.text }}"}')
    assert violations(admin) == []
    admin.set_viewport_size({"width": 390, "height": 800})
    assert admin.evaluate("document.documentElement.scrollWidth") <= 391
    admin.get_by_role("button", name="Add the action").click()

    expect(admin.get_by_text("POST /notes")).to_be_visible()
    assert admin.evaluate("document.documentElement.scrollWidth") <= 391
    assert violations(admin) == []
    admin.get_by_role("link", name="Try Add a note").click()
    assert violations(admin) == []
