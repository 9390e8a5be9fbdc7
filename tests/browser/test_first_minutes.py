"""The first minutes in a real browser: one click on the demo, then a workflow of one's own."""

import time

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import House, to_plain_form

pytestmark = pytest.mark.browser

SECONDS_TO_SEE_IT = 2.0
TRIES = 3


DEMO = "/admin/workflows/workflow/1/change/"


def sample(page: Page) -> float:
    """Send a sample event with one click; return the seconds until its run is seen to have succeeded."""
    page.get_by_role("button", name="Send a sample event").click(no_wait_after=True)
    clicked = time.monotonic()
    expect(page.locator("#run")).to_contain_text("Succeeded", timeout=30_000)
    return time.monotonic() - clicked


def test_one_click_shows_a_succeeded_run_within_two_seconds(admin: Page, house: House):
    times = []
    for _ in range(TRIES):  # The machine of a test run has other things to do as well.
        admin.goto(f"{house.url}{DEMO}")
        times.append(sample(admin))
        if times[-1] < SECONDS_TO_SEE_IT:
            break
    print(f"From click to succeeded: {', '.join(f'{each:.2f} s' for each in times)}")  # noqa: T201

    assert min(times) < SECONDS_TO_SEE_IT


def test_a_workflow_of_ones_own_from_choice_to_run(admin: Page, house: House):
    admin.get_by_role("link", name="New workflow").click()
    admin.select_option("#trigger", label="Invoice Paid")
    admin.select_option("#action", label="Track Custom Event")
    expect(admin.locator("#trigger_connection option:checked")).to_contain_text("Stripe sandbox")
    expect(admin.locator("#action_connection option:checked")).to_contain_text("Customer.io sandbox")
    admin.fill("#name", "Thank for payments")
    admin.get_by_role("button", name="Create draft").click()
    to_plain_form(admin)

    # Values are shown while typing.
    field = admin.locator('input[name$="-f-name"]')
    value = admin.locator('[data-value-of$="-f-name"]')
    field.fill("paid in {{ trigger.currency }}")
    expect(value).to_have_text("paid in usd")
    field.fill("paid in {{ trigger.curency }}")
    expect(admin.locator('[data-problems-of$="-f-name"]')).to_contain_text("Did you mean “currency”?")

    # A click on an offer puts it where the cursor stands.
    field.fill("paid ")
    admin.fill("#offer-search", "event type")
    field.focus()
    field.press("End")
    admin.locator(".td-offer:visible", has_text="Event type").first.click()
    expect(field).to_have_value("paid {{ trigger.event_type }}")
    expect(value).to_have_text("paid invoice.paid")

    admin.get_by_role("button", name="Save and publish").click()
    expect(admin.locator("h1.td-title")).to_contain_text("Publish “Thank for payments”")
    admin.get_by_role("button", name="Publish", exact=True).click()
    expect(admin.get_by_text("Version 1 is live.")).to_be_visible()
    admin.get_by_role("button", name="Send a sample event").click()

    expect(admin.locator("#run")).to_contain_text("Succeeded", timeout=30_000)
    expect(admin.locator("#run")).to_contain_text("paid invoice.paid")


def test_leaving_with_unsaved_words_asks_first(admin: Page, house: House):
    admin.goto(f"{house.url}/admin/workflows/workflow/1/edit/")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    admin.on("dialog", answer)

    admin.locator('input[name$="-f-name"]').press_sequentially("x")
    admin.goto(f"{house.url}/admin/")

    assert asked == ["beforeunload"]


def test_a_new_workflow_with_the_keyboard_alone(admin: Page, house: House):
    admin.goto(f"{house.url}/admin/workflows/workflow/add/")

    _tab_to(admin, "trigger")
    admin.keyboard.type("Charge F")
    _tab_to(admin, "action")
    admin.keyboard.type("Identify")
    _tab_to(admin, "name")
    admin.keyboard.type("By keyboard")
    admin.keyboard.press("Tab")
    assert admin.evaluate("document.activeElement.textContent.trim()") == "Create draft"
    assert admin.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    admin.keyboard.press("Enter")
    to_plain_form(admin)

    expect(admin.locator("#name")).to_have_value("By keyboard")
    expect(admin.locator("#trigger option:checked")).to_contain_text("Charge Failed")


def test_return_in_the_mapping_form_previews_and_saves_nothing(admin: Page, house: House):
    admin.goto(f"{house.url}/admin/workflows/workflow/1/edit/")
    before = admin.locator('input[name="revision"]').input_value()

    admin.locator('input[name$="-f-name"]').fill("typed {{ trigger.currency }}")
    admin.keyboard.press("Enter")

    expect(admin.locator('[data-value-of$="-f-name"]')).to_have_text("typed usd")
    assert admin.locator('input[name$="-f-name"]').input_value() == "typed {{ trigger.currency }}"
    admin.once("dialog", lambda dialog: dialog.accept())
    admin.goto(f"{house.url}/admin/workflows/workflow/1/edit/")
    assert admin.locator('input[name="revision"]').input_value() == before


def _tab_to(page: Page, element_id: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element_id:
            return
    raise AssertionError(f"Tab never reaches “{element_id}”.")
