"""The editor's canvas in a real browser: by mouse, by keyboard alone, in two tabs, and as axe sees it."""

import re
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

SAVE = """async steps => {
    const page = JSON.parse(document.getElementById("editor-data").textContent);
    const { draft, revision } = await (await fetch(page.api + "state")).json();
    const answer = await fetch(page.api + "draft", {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector("input[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({ definition: { ...draft, steps }, revision }),
    });
    return answer.status;
}"""


def step(key: str, **settings: Any) -> dict[str, Any]:
    condition = {"all": [{"left": {"template": "{{ trigger.amount_due }}"}, "op": "is_not_empty"}]}
    return {"id": key, "name": key.capitalize(), "kind": "filter", "condition": condition} | settings


STEPS = [step("one"), step("fork", kind="if", then=[step("two")], **{"else": []}), step("three")]


@pytest.fixture
def canvas(admin: Page, house: House) -> Page:
    """Return the editor on the demo's workflow, with a draft of this test's own."""
    admin.goto(f"{house.url}/admin/workflows/workflow/")
    admin.get_by_role("link", name="Tell Customer.io about failed").first.click()
    admin.goto(f"{admin.url.split('/change')[0].rstrip('/')}/editor/")
    expect(card(admin, "trigger")).to_be_visible()
    assert admin.evaluate(SAVE, STEPS) == 200
    admin.reload()
    expect(card(admin, "three")).to_be_visible()
    return admin


def card(page: Page, key: str) -> Locator:
    return page.locator(f'[data-spot="{key}"]')


def order(page: Page) -> list[str]:
    """Return the ids in the order in which they are read."""
    spots = page.locator("[role=treeitem].cv-card")
    return [str(each) for each in spots.evaluate_all("all => all.map(one => one.dataset.spot)")][1:]


def wait_saved(page: Page) -> None:
    expect(page.locator(".ed-saving")).to_have_text("Saved")


def test_steps_are_added_moved_and_taken_back_by_mouse(canvas: Page):
    canvas.get_by_role("button", name="Add a step after One").click()
    canvas.get_by_role("combobox", name="Add a step").fill("delay")
    canvas.get_by_role("option", name="Delay").click()
    assert order(canvas) == ["one", "delay", "fork", "two", "three"]

    canvas.keyboard.press("Escape")
    card(canvas, "delay").click()
    canvas.get_by_role("button", name="Show everything").click()
    drag(canvas, card(canvas, "delay"), canvas.locator('[data-plus="fork else 0"]'))
    assert order(canvas) == ["one", "fork", "two", "delay", "three"]
    expect(card(canvas, "delay")).to_have_attribute("aria-label", containing("inside Fork, branch No"))

    canvas.get_by_role("button", name="Undo: Move Delay").click()
    assert order(canvas) == ["one", "delay", "fork", "two", "three"]
    canvas.get_by_role("button", name="Undo: Add Delay").click()
    assert order(canvas) == ["one", "fork", "two", "three"]
    canvas.get_by_role("button", name="Redo: Add Delay").click()
    wait_saved(canvas)
    canvas.reload()
    expect(card(canvas, "delay")).to_be_visible()
    assert order(canvas) == ["one", "delay", "fork", "two", "three"]


def test_everything_is_done_by_keyboard_alone(canvas: Page):
    press = canvas.keyboard.press
    card(canvas, "trigger").focus()

    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        press(key)
    expect(card(canvas, "fork/else")).to_be_focused()
    press("Enter")
    canvas.keyboard.type("stop")
    press("Enter")
    expect(card(canvas, "stop")).to_be_focused()
    press("Alt+ArrowDown")
    assert order(canvas) == ["one", "fork", "two", "stop", "three"]
    expect(card(canvas, "stop")).to_be_focused()
    press("Control+d")
    assert order(canvas) == ["one", "fork", "two", "stop", "stop_2", "three"]
    press("Delete")
    press("Home")
    press("ArrowDown")
    press("d")
    expect(card(canvas, "one")).to_have_attribute("aria-label", containing("disabled"))
    press("Control+c")
    press("End")
    press("Control+v")
    assert order(canvas) == ["one", "fork", "two", "stop", "three", "one_2"]
    for _ in range(6):
        press("Control+z")
    assert order(canvas) == ["one", "fork", "two", "three"]
    for _ in range(6):
        press("Control+y")
    assert order(canvas) == ["one", "fork", "two", "stop", "three", "one_2"]
    wait_saved(canvas)


def test_two_tabs_never_lose_a_change(canvas: Page):
    other = canvas.context.new_page()
    other.goto(canvas.url)
    expect(card(other, "three")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    other.route("**/api/draft", hold, times=1)

    card(other, "three").focus()
    with other.expect_request("**/api/draft"):
        other.keyboard.press("d")
    expect(other.locator(".ed-saving")).to_have_text("Saving…")
    card(canvas, "one").focus()
    canvas.keyboard.press("d")
    wait_saved(canvas)
    held[0].continue_()
    asked = other.get_by_role("dialog", name="This draft was changed elsewhere")
    expect(asked.get_by_text("Changed “One”")).to_be_visible()
    asked.get_by_role("button", name="Merge").click()
    wait_saved(other)

    for page in (canvas, other):
        page.reload()
        for key in ("one", "three"):
            expect(card(page, key)).to_have_attribute("aria-label", containing("disabled"))
    other.close()


def test_axe_finds_nothing(canvas: Page):
    assert violations(canvas) == []
    card(canvas, "fork").focus()
    canvas.keyboard.press("+")
    expect(canvas.get_by_role("combobox", name="Add a step")).to_be_focused()
    assert violations(canvas) == []
    canvas.keyboard.press("Escape")
    canvas.evaluate("document.documentElement.classList.add('dark')")
    assert violations(canvas) == []


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    results = page.evaluate("axe.run('#editor', { resultTypes: ['violations'] })")
    assert results["passes"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in results["violations"]]


def drag(page: Page, source: Locator, target: Locator) -> None:
    start, end = source.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 30, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    expect(page.get_by_text("Drop here")).to_be_visible()
    page.mouse.up()


def containing(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
