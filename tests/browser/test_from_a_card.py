"""From a public page to a finished run in a real browser, both ways, and clicks that are made twice."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, House, to_plain_form

pytestmark = pytest.mark.browser

SECONDS = 60.0
"""How long all the clicks may take on a busy machine; a person has two minutes."""
ACCOUNTS = {"stripe": "Stripe sandbox", "customerio": "Customer.io sandbox"}


@pytest.mark.parametrize(
    ("source", "target", "card"),
    [
        (
            "stripe",
            "customerio",
            "trigger=stripe.trigger-invoice-payment-failed&action=customerio.track-event",
        ),
        (
            "customerio",
            "stripe",
            "trigger=customerio.trigger-customer-subscribed&action=stripe.create-customer",
        ),
    ],
)
def test_from_a_card_to_a_run(
    house: House, browser_page: Page, complaints: list[str], source: str, target: str, card: str
):
    page, began = browser_page, time.monotonic()
    page.set_default_timeout(30_000)

    page.goto(f"{house.url}/integrations/{source}/with/{target}/")
    page.locator(f'a[href$="{card}"]').first.click()
    _sign_in(page)
    _choose_account(page, "trigger", source)
    _choose_account(page, "action", target)
    page.get_by_role("button", name="Create draft").click()
    expect(page.get_by_text("The draft is made and its fields are filled.")).to_be_visible()
    to_plain_form(page)
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    page.get_by_role("button", name="Send a sample event").click()
    expect(page.locator("#run")).to_contain_text("Succeeded", timeout=30_000)

    took = time.monotonic() - began
    print(f"From the card to the run: {took:.1f} s")  # noqa: T201
    assert took < SECONDS
    assert complaints == []


def _sign_in(page: Page) -> None:
    page.fill("input[name=username]", "maria")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")


def _choose_account(page: Page, which: str, app: str) -> None:
    select = page.locator(f"#{which}_connection")
    option = select.locator("option", has_text=re.compile(ACCOUNTS[app])).first
    select.select_option(value=option.get_attribute("value"))


def test_the_lists_are_searched_by_name_and_app(admin: Page, house: House):
    admin.goto(f"{house.url}/admin/workflows/workflow/add/")

    admin.get_by_label("Search for the trigger").fill("stripe dispute clo")
    admin.keyboard.press("Enter")
    expect(admin.locator("#trigger option:checked")).to_have_text("Dispute Closed")
    expect(admin.get_by_label("Search for the trigger")).to_have_value("")

    admin.get_by_label("Search for the action").fill("identify")
    admin.keyboard.press("ArrowDown")
    expect(admin.locator("#action")).to_be_focused()
    admin.keyboard.press("Enter")
    expect(admin.locator("#action option:checked")).to_have_text("Identify Person")
    assert admin.locator("#action").get_attribute("size") is None


def test_the_second_tab_to_save_is_told_and_keeps_what_it_typed(
    admin: Page, house: House, complaints: list[str]
):
    address = f"{house.url}/admin/workflows/workflow/1/edit/"
    admin.goto(address)
    with admin.expect_popup() as opened:
        admin.evaluate("address => window.open(address)", address)
    other = opened.value

    other.get_by_role("textbox", name="Notes").fill("from the other tab")
    other.get_by_role("button", name="Save draft").click()
    expect(other.get_by_text("Draft saved.")).to_be_visible()
    admin.get_by_role("textbox", name="Notes").fill("from this tab")
    admin.get_by_role("button", name="Save draft").click()

    expect(admin.get_by_role("alert")).to_contain_text("maria saved this draft")
    expect(admin.get_by_role("link", name="Reload their version")).to_be_visible()
    expect(admin.get_by_role("textbox", name="Notes")).to_have_value("from this tab")
    assert [each for each in complaints if each.endswith("/1/edit/")], "It is answered with 409."
    complaints.clear()


def test_two_clicks_publish_once_and_send_one_sample(admin: Page, house: House):
    admin.goto(
        f"{house.url}/admin/workflows/workflow/add/?trigger=stripe.trigger-invoice-paid"
        "&action=customerio.track-event&name=Twice"
    )
    admin.get_by_role("button", name="Create draft").dblclick()
    to_plain_form(admin)
    admin.get_by_role("button", name="Save and publish").dblclick()
    admin.get_by_role("button", name="Publish", exact=True).dblclick()
    expect(admin.get_by_text("Version 1 is live.")).to_be_visible()
    address = admin.url
    admin.get_by_role("button", name="Send a sample event").dblclick()
    expect(admin.locator("#run")).to_contain_text("Succeeded", timeout=30_000)

    admin.goto(address)

    expect(admin.locator("section", has_text="Versions").locator("tbody tr")).to_have_count(1)
    expect(admin.locator("section", has_text="Latest runs").locator("tbody tr")).to_have_count(1)
