"""The run log in a real browser: what is new shows by itself, and a run's waterfall as it goes on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser


def test_an_open_list_tells_of_a_new_run_without_moving_a_row(admin: Page, house: House):
    admin.get_by_role("button", name="Send a sample event").first.click()
    admin.goto(f"{house.url}/admin/runs/run/")
    rows = admin.locator("[data-run]")
    shown = rows.evaluate_all("all => all.map(each => each.dataset.run)")

    other = admin.context.new_page()
    other.goto(f"{house.url}/admin/")
    other.get_by_role("button", name="Send a sample event").first.click()
    admin.bring_to_front()

    new = admin.get_by_role("link", name=re.compile(r"^\d+ new run"))
    expect(new).to_be_visible(timeout=30_000)
    assert rows.evaluate_all("all => all.map(each => each.dataset.run)") == shown
    other.close()
    new.click()
    expect(rows).not_to_have_count(len(shown))


def test_a_run_s_page_follows_it_to_its_end_and_draws_its_calls(admin: Page, house: House):
    admin.get_by_role("button", name="Send a sample event").first.click()
    admin.goto(f"{house.url}/admin/runs/run/")
    admin.locator("tr", has=admin.locator("[data-run]")).first.get_by_role("link").first.click()

    expect(admin.locator('[data-finished="yes"]')).to_be_visible(timeout=30_000)
    expect(admin.locator(".run-line-call").first).to_be_visible()
    admin.get_by_text("The times as a table").focus()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("table").get_by_text("In the queue")).to_be_visible()
    admin.set_viewport_size({"width": 400, "height": 800})
    assert admin.evaluate("document.documentElement.scrollWidth") <= 401
