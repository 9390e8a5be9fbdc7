"""Going live from the editor, the difference on the canvas, and going back, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House
from tests.browser.editing import card, wait_saved, workflow_of_two

pytestmark = pytest.mark.browser


def publish(page: Page, note: str) -> None:
    """Publish what is on the canvas."""
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("textbox", name="Note").fill(note)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("is live.")).to_be_visible()


def test_what_changed_is_shown_and_a_version_comes_back(house: House, admin: Page):
    workflow_of_two(admin, house, "Versions in a browser")
    publish(admin, "The first")
    last = card(admin, "track_event")
    last.click()
    admin.get_by_role("textbox", name="Name", exact=True).fill("Tell them")
    wait_saved(admin)

    admin.get_by_role("button", name="Publish…").click()
    expect(admin.get_by_text("Changes since version 1")).to_be_visible()
    admin.get_by_role("button", name="Show them on the canvas").click()
    expect(admin.get_by_text("1 changed")).to_be_visible()
    expect(last).to_contain_text("Tell them")
    admin.get_by_role("button", name="Before").click()
    expect(last).not_to_contain_text("Tell them")
    admin.get_by_role("button", name="Back to the draft").click()
    expect(last).to_contain_text("Tell them")

    publish(admin, "The second")
    admin.get_by_role("button", name="History").click()
    expect(admin.get_by_text("The second")).to_be_visible()
    admin.get_by_role("button", name="Open").last.click()
    expect(admin.get_by_text("You are looking at version 1")).to_be_visible()
    admin.get_by_role("button", name="Make it the draft").click()
    expect(last).to_contain_text("Track Custom Event")
    expect(admin.get_by_text("Published, version 2")).to_be_visible()

    admin.get_by_role("button", name="Undo: Make version 1 the draft").click()
    expect(last).to_contain_text("Tell them")
    wait_saved(admin)
