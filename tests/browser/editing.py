"""Workflows of the editor's tests, and what these look for on the canvas."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House

_SAVE = """async changes => {
    const page = JSON.parse(document.getElementById("editor-data").textContent);
    const { draft, revision, connections } = await (await fetch(page.api + "state")).json();
    const connection = connections.find(one => one.app === "stripe" && one.sandbox).code;
    const trigger = { ...draft.trigger, trigger: "stripe.trigger-invoice-payment-failed", connection };
    const answer = await fetch(page.api + "draft", {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({ definition: { ...draft, trigger, ...changes }, revision }),
    });
    return answer.status;
}"""


def new_workflow(page: Page, house: House, name: str, steps: list[dict[str, Any]]) -> None:
    """Open the editor on a new workflow with these steps behind Stripe's Invoice Payment Failed."""
    empty_workflow(page, house, name)
    assert page.evaluate(_SAVE, {"steps": steps}) == 200
    page.reload()
    expect(card(page, steps[0]["id"] if steps else "trigger")).to_be_visible()


def empty_workflow(page: Page, house: House, name: str) -> None:
    """Open the editor on an empty canvas."""
    page.goto(f"{house.url}/admin/workflows/workflow/add/")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Start with an empty canvas").click()
    expect(card(page, "trigger")).to_be_visible()


def workflow_of_two(page: Page, house: House, name: str) -> None:
    """Open the editor on a new workflow that can be published: a failed payment tells Customer.io."""
    page.goto(f"{house.url}/admin/workflows/workflow/add/")
    page.locator("select[name=trigger]").select_option("stripe.trigger-invoice-payment-failed")
    page.locator("select[name=action]").select_option("customerio.track-event")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Create draft").click()
    expect(card(page, "trigger")).to_be_visible()


def card(page: Page, spot: str) -> Locator:
    """Return what stands for a step on the canvas, by its id, or "trigger"."""
    return page.locator(f'[data-spot="{spot}"]')


def wait_saved(page: Page) -> None:
    """Wait until the server has everything."""
    expect(page.locator(".ed-saving")).to_have_text("Saved")
