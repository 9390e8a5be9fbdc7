"""The public pages in a real browser: axe finds nothing, nothing sticks out, and a card leads to a run."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, House, to_plain_form

pytestmark = pytest.mark.browser

PAIR = "/integrations/stripe/with/customerio/"
BACK = "/integrations/customerio/with/stripe/"
KINDS = [
    "/",
    "/integrations/",
    "/integrations/?q=refund",
    "/integrations/customerio/",
    "/integrations/stripe/triggers/invoice-payment-failed/",
    "/integrations/customerio/triggers/reporting-event/",
    "/integrations/stripe/actions/create-refund/",
    PAIR,
    f"{PAIR}?q=nothing-like-this",
    f"{BACK}?trigger=email-bounced&show=all",
]
MISSING = "/integrations/stripe/with/unknown/"
LOOKS = [("light", 1280), ("dark", 390)]
NARROWEST = 320
# The package is only what carries axe-core here.
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN_MS = 60_000


@pytest.fixture
def visitor(house: House, browser_page: Page, complaints: list[str]) -> Iterator[Page]:
    """Return a browser that never was here; the test fails on any complaint of it."""
    browser_page.set_default_timeout(30_000)
    yield browser_page
    assert [each for each in complaints if MISSING not in each and "404" not in each] == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_on_any_kind_of_page(visitor: Page, house: House, scheme: Any, width: int):
    visitor.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visitor.set_viewport_size({"width": width, "height": 900})
    found = []
    for path in [*KINDS, MISSING]:
        visitor.goto(house.url + path)
        visitor.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
        visitor.evaluate(AXE)
        results = visitor.evaluate("axe.run({ resultTypes: ['violations'] })")
        assert results["passes"]
        found += [
            (path, each["id"], [node["html"][:160] for node in each["nodes"][:3]])
            for each in results["violations"]
        ]

    assert found == []


@pytest.mark.parametrize("width", [NARROWEST, 768])
def test_no_page_needs_scrolling_sideways(visitor: Page, house: House, width: int):
    visitor.set_viewport_size({"width": width, "height": 800})
    wide = []
    for path in [*KINDS, MISSING]:
        visitor.goto(house.url + path)
        if visitor.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)

    assert wide == []


def test_without_scripts_everything_is_there(house: House, browser_page: Page):
    assert browser_page.context.browser is not None
    context = browser_page.context.browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(house.url + PAIR)
    page.get_by_label("Words").fill("dispute")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("that match")).to_be_visible()
    page.get_by_text("as it arrives").click()

    expect(page.get_by_role("region", name="Sample payload")).to_be_visible()
    context.close()


def test_the_keyboard_reaches_the_content_first(visitor: Page, house: House):
    visitor.goto(house.url + PAIR)

    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="Skip to content")).to_be_focused()
    visitor.keyboard.press("Enter")

    assert visitor.url.endswith("#main")


@pytest.mark.parametrize(
    ("path", "card"),
    [
        (PAIR, "When Subscription Cancelled in Stripe, Track Custom Event in Customer.io"),
        (BACK, "When Customer Subscribed in Customer.io, Create Customer in Stripe"),
    ],
    ids=["there", "back"],
)
def test_a_card_leads_to_a_run(visitor: Page, house: House, path: str, card: str):
    visitor.goto(house.url + path)
    visitor.get_by_role("link", name=card).click()
    visitor.fill("input[name=username]", "maria")
    visitor.fill("input[name=password]", PASSWORD)
    visitor.press("input[name=password]", "Enter")

    visitor.get_by_role("button", name="Create draft").click()
    to_plain_form(visitor)
    visitor.get_by_role("button", name="Save and publish").click()
    visitor.get_by_role("button", name="Publish", exact=True).click()
    expect(visitor.get_by_text("Version 1 is live.")).to_be_visible()
    visitor.get_by_role("button", name="Send a sample event").click()

    expect(visitor.locator("#run")).to_contain_text("Succeeded", timeout=RUN_MS)
