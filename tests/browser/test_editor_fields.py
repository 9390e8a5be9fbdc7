"""Filling fields of a step in a real browser: pills, completion, filters, by keyboard, and as axe sees it."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.test_editor_canvas import SAVE

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

SOURCE = """host => [...host.childNodes].map(
    node => node.nodeType === Node.TEXT_NODE ? node.data.replaceAll("\\u200b", "") : node.dataset.source ?? ""
).join("")"""
"""What the template of a text with pills is."""

TELL: dict[str, Any] = {
    "id": "tell",
    "name": "Tell Customer.io",
    "kind": "action",
    "action": "customerio.track-event",
    "inputs": {"identifier": {"template": "{{ trigger.customer_email }}"}},
}
BIG: dict[str, Any] = {
    "id": "big",
    "name": "Only big ones",
    "kind": "filter",
    "condition": {
        "all": [
            {"left": {"template": "{{ trigger.amount_due }}"}, "op": "at_least", "right": {"value": 50}},
            {"left": {"template": "{{ trigger.customer_email }}"}, "op": "is_empty"},
        ]
    },
}


@pytest.fixture
def editor(admin: Page, house: House) -> Page:
    """Return the editor on the demo's workflow, with two steps of this test's own."""
    admin.goto(f"{house.url}/admin/workflows/workflow/")
    admin.get_by_role("link", name="Tell Customer.io about failed").first.click()
    admin.goto(f"{admin.url.split('/change')[0].rstrip('/')}/editor/")
    expect(admin.locator('[data-spot="trigger"]')).to_be_visible()
    assert admin.evaluate(SAVE, [BIG, TELL]) == 200
    admin.reload()
    expect(admin.locator('[data-spot="tell"]')).to_be_visible()
    return admin


def open_map(page: Page) -> Locator:
    """Open the fields of the action and return the field of the event's name."""
    page.locator('[data-spot="tell"]').click()
    page.get_by_role("tab", name="Map").click()
    name = page.get_by_role("textbox", name="Event name")
    expect(name).to_be_visible()
    return name


def test_a_pill_is_picked_in_the_tree_and_shows_its_value(editor: Page):
    name = open_map(editor)

    name.click()
    editor.keyboard.type("paid ")
    editor.get_by_role("treeitem", name="Number, text").click()
    editor.keyboard.type("!")

    expect(name.get_by_role("img", name="Number of Invoice Payment Failed")).to_be_visible()
    assert name.evaluate(SOURCE) == "paid {{ trigger.number }}!"
    expect(editor.locator('[data-field="name"] output')).to_have_text("paid 7F3A91C2-0004!")
    expect(editor.locator('[data-field="identifier"] output')).to_have_text("jane@example.com")


def test_everything_is_typed_chosen_and_taken_back_by_keyboard(editor: Page):
    name = open_map(editor)
    name.focus()

    editor.keyboard.type("paid {{numb")
    expect(editor.get_by_role("option").first).to_contain_text("trigger.number")
    editor.keyboard.press("Enter")
    assert name.evaluate(SOURCE) == "paid {{ trigger.number }}"
    editor.keyboard.type(" {{ trigger.status | upc")
    editor.keyboard.press("Tab")
    assert name.evaluate(SOURCE) == "paid {{ trigger.number }} {{ trigger.status | upcase }}"
    expect(editor.locator('[data-field="name"] output')).to_have_text("paid 7F3A91C2-0004 OPEN")

    editor.keyboard.press("Backspace")
    expect(name.locator(".pill.is-selected")).to_have_count(1)
    editor.keyboard.press("Backspace")
    assert name.evaluate(SOURCE) == "paid {{ trigger.number }} "
    editor.keyboard.press("ControlOrMeta+z")
    expect(name.locator(".pill")).to_have_count(2)
    editor.keyboard.press("ControlOrMeta+Shift+z")
    expect(name.locator(".pill")).to_have_count(1)


def test_a_filter_shows_what_it_makes_of_the_value(editor: Page):
    open_map(editor)
    identifier = editor.get_by_role("textbox", name="Identifier")
    identifier.locator(".pill").click()
    menu = editor.get_by_role("dialog", name="Customer e-mail")
    expect(menu).to_contain_text("jane@example.com")

    editor.keyboard.press("Enter")
    editor.keyboard.type("upcase")
    offered = menu.get_by_role("button", name="Upcase upcase")
    expect(offered).to_contain_text("JANE@EXAMPLE.COM")
    editor.keyboard.press("Enter")
    expect(menu.get_by_role("list", name="Filters")).to_contain_text("JANE@EXAMPLE.COM")
    editor.keyboard.press("Escape")

    expect(identifier).to_be_focused()
    assert identifier.evaluate(SOURCE) == "{{ trigger.customer_email | upcase }}"


def test_source_that_is_pasted_becomes_pills(editor: Page):
    name = open_map(editor)
    name.focus()

    editor.keyboard.insert_text("a {{ trigger.id }} b {{ trigger.number")
    assert name.evaluate(SOURCE) == "a {{ trigger.id }} b {{ trigger.number"

    expect(name.locator(".pill")).to_have_count(1)
    expect(editor.locator('[data-field="name"] .td-error').first).to_contain_text("never closed")


def test_each_comparison_tells_its_verdict_and_axe_finds_nothing(editor: Page):
    editor.locator('[data-spot="big"]').click()
    rows = editor.locator(".ce-row")
    expect(rows.nth(0)).to_contain_text("4900")
    expect(rows.nth(0).get_by_role("img", name="Holds")).to_be_visible()
    expect(rows.nth(1).get_by_role("img", name="Does not hold")).to_be_visible()
    editor.evaluate(AXE)
    assert violations(editor) == []

    open_map(editor)
    editor.get_by_role("textbox", name="Event name").focus()
    editor.keyboard.type("{{")
    expect(editor.get_by_role("option").first).to_be_visible()
    assert violations(editor) == []


def violations(page: Page) -> list[str]:
    """Return what axe finds in the panel and in what it opens."""
    found = page.evaluate("axe.run({include: [['.pn']]}).then(found => found.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
