"""Testing a draft in a real browser: dry, kept as a case, for real by the worker, and a step alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser

TRACK = "Track Custom Event"


@pytest.fixture
def drawer(admin: Page, house: House) -> Page:
    """Return the editor on the demo's live workflow as it was published, with the drawer for tests open."""
    admin.goto(f"{house.url}/admin/workflows/workflow/")
    admin.get_by_role("link", name="Tell Customer.io about failed").first.click()
    admin.goto(f"{admin.url.split('/change')[0].rstrip('/')}/editor/")
    admin.locator(".cv-card").first.wait_for()
    assert admin.evaluate(RESTORE) == 200
    admin.reload()
    admin.get_by_role("button", name="Test", exact=True).click()
    expect(admin.get_by_role("heading", name="Test the workflow")).to_be_focused()
    return admin


RESTORE = """async () => {
    const page = JSON.parse(document.getElementById("editor-data").textContent);
    const { revision } = await (await fetch(page.api + "state")).json();
    const answer = await fetch(page.api + "versions/1/restore", {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({ revision }),
    });
    return answer.status;
}"""


def test_a_draft_is_tested_dry_kept_and_tested_for_real(drawer: Page):
    page = drawer
    page.get_by_role("button", name="Test workflow (dry)").click()
    expect(page.locator(".tst-row", has_text="1 request would be sent")).to_be_visible()
    expect(page.locator(".cv-card", has_text=TRACK).get_by_text("Succeeded")).to_be_visible()

    page.locator(".tst-step", has_text=TRACK).click()
    expect(page.get_by_text("Would be sent: POST")).to_be_visible()
    expect(page.get_by_text("Basic ••••")).to_be_visible()

    page.get_by_label("Name of the test case").fill("As published")
    page.get_by_role("button", name="Keep this test").click()
    page.get_by_role("button", name="Run all test cases").click()
    expect(page.get_by_label("Passes")).to_be_visible()
    page.get_by_role("button", name="Delete “As published”").click()

    page.get_by_role("button", name="Test for real…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Customer.io sandbox")).to_be_visible()
    dialog.get_by_role("button", name="Run the test").click()
    run = page.get_by_role("link", name="Open the run")
    expect(run).to_be_visible()
    expect(page.locator(".tst-step", has_text=TRACK).get_by_text("Succeeded")).to_be_visible(timeout=30_000)
    run.click()
    expect(page.get_by_text("A test of the draft")).to_be_visible()


def test_a_step_is_tested_alone_on_pasted_json(drawer: Page):
    page = drawer
    page.get_by_label("Pasted JSON").check()
    pasted = page.get_by_label("The event’s whole body")
    pasted.fill("{not json")
    page.get_by_role("button", name="Use this event").click()
    expect(page.get_by_role("alert").get_by_text("This is not JSON")).to_be_visible()

    page.keyboard.press("Escape")
    page.locator(".cv-card", has_text=TRACK).click()
    page.get_by_role("tab", name="Test").click()
    page.get_by_role("button", name="Test step (dry)").click()

    expect(page.get_by_text("Example outputs")).to_be_visible()
    expect(page.locator(".tst-address", has_text="track.customer.io")).to_be_visible()
