"""The page of a run in a real browser: it follows the run to its end and draws what it sent."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser


def test_a_run_s_page_follows_it_to_its_end_and_draws_its_calls(admin: Page, house: House):
    admin.get_by_role("button", name="Send a sample event").first.click()
    admin.goto(f"{house.url}/admin/runs/run/")
    admin.locator("tr", has=admin.locator("[data-run]")).first.get_by_role("link").first.click()

    expect(admin.locator('[data-finished="yes"]')).to_be_visible(timeout=20_000)
    expect(admin.locator(".run-line-call").first).to_be_visible()
    admin.get_by_text("The times as a table").focus()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("table").get_by_text("In the queue")).to_be_visible()
    admin.set_viewport_size({"width": 400, "height": 800})
    assert admin.evaluate("document.documentElement.scrollWidth") <= 401
