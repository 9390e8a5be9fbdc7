"""From an empty canvas to the branch that a run took, by mouse and by keyboard alone, in a real browser."""

import re
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.editing import card, empty_workflow, new_workflow, wait_saved

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
ATTEMPT = {"left": {"template": "{{ trigger.attempt_count }}"}, "op": "equals", "right": {"value": 1}}
STATE = """async () => {
    const page = JSON.parse(document.getElementById("editor-data").textContent);
    return (await fetch(page.api + "state")).json();
}"""


def state(page: Page) -> dict[str, Any]:
    """Return draft and problems as the server has them, once all is saved."""
    wait_saved(page)
    found: dict[str, Any] = page.evaluate(STATE)
    return found


def test_by_mouse_from_an_empty_canvas_to_the_branch_that_was_taken(admin: Page, house: House):
    page, began = admin, time.monotonic()
    empty_workflow(page, house, "Journey by mouse")
    empty = state(page)["draft"]

    page.get_by_role("option", name="Invoice Payment Failed").click()
    add(page, "Add a step after the trigger", "filter")
    compare(
        page,
        page.get_by_role("group", name="Condition"),
        "Amount due, minor units, 4900 = 49.00 USD",
        "is greater than",
        "50",
    )
    expect(page.get_by_text("The chosen event goes on")).to_be_visible()

    add(page, "Add a step after Filter", "switch")
    first, second = (page.get_by_role("region", name=f"Case {number}: Case {number}") for number in (1, 2))
    compare(page, first, "Attempts, number, 1", "equals", "1")
    compare(page, second, "Attempts, number, 1", "equals", "2")
    expect(first).to_contain_text("The chosen event goes here")

    add(page, "Add a step at the start of Switch, case Case 1", "track event")
    page.get_by_role("tab", name="Map").click()
    pills(page, "Identifier", "Customer e-mail, e-mail")
    pills(page, "Event name", "Billing reason, text", before="failed ")
    expect(page.locator('[data-field="identifier"] output')).to_have_text("jane@example.com")
    expect(page.locator('[data-field="name"] output')).to_have_text("failed subscription_cycle")

    add(page, "Add a step at the start of Switch, case Case 2", "transactional e-mail")
    page.get_by_role("combobox", name="Transactional message").click()
    page.get_by_role("listbox", name="Transactional message").get_by_role("option").first.click()
    pills(page, "To", "Customer e-mail, e-mail")
    pills(page, "Person's email", "Customer e-mail, e-mail")

    add(page, "Add a step at the start of Switch, otherwise", "classify")
    connect(page, "New OpenAI connection")
    pills(page, "Prompt", "First line, text", before="What is this? ")
    add(page, "Add a step after Classify with AI", "slack message")
    page.get_by_role("tab", name="Set up").click()
    connect(page, "New connection")
    page.get_by_role("tab", name="Map").click()
    pills(page, "Text", "Label, choice", before="It is ")
    built = state(page)
    assert built["problems"] == []

    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_role("button", name="Test workflow (dry)").click()
    expect(page.locator(".tst-row", has_text="1 request would be sent")).to_be_visible()
    page.locator(".tst-step", has_text="Track Custom Event").click()
    expect(page.locator(".tst-address", has_text="/customers/jane%40example.com/events")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    card(page, "trigger").click()
    expect(page.get_by_role("heading", name="Test the workflow")).to_have_count(0)

    acts = until_none(page, "undo", lambda: page.get_by_role("button", name=re.compile("^Undo: ")).click())
    assert state(page)["draft"] == empty
    assert (
        until_none(page, "redo", lambda: page.get_by_role("button", name=re.compile("^Redo: ")).click())
        == acts
    )
    assert state(page)["draft"] == built["draft"]

    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("is live.")).to_be_visible()
    page.get_by_label("Breadcrumb").get_by_role("link", name=re.compile("Journey by mouse")).click()
    page.get_by_role("button", name="Send a sample event").click()
    ran(page, "Case 1 taken", ["Filter", "Switch", "Track Custom Event"])
    print(f"By mouse: {acts} acts to undo, {time.monotonic() - began:.1f} s")  # noqa: T201


def test_by_keyboard_alone_from_an_empty_canvas_to_the_branch_that_was_taken(admin: Page, house: House):
    page, began = admin, time.monotonic()
    press, write = page.keyboard.press, page.keyboard.type
    page.goto(f"{house.url}/admin/workflows/workflow/add/")
    tab_to(page, page.get_by_role("textbox", name="Name"))
    write("Journey by keyboard")
    tab_to(page, page.get_by_role("button", name="Start with an empty canvas"))
    press("Enter")

    expect(page.get_by_role("combobox", name="Search triggers")).to_be_focused()
    empty = state(page)["draft"]
    write("invoice payment failed")
    press("Enter")
    expect(page.get_by_role("button", name="Change", exact=True)).to_be_focused()
    press("F6")
    expect(card(page, "trigger")).to_be_focused()

    add_by_key(page, "+", "filter", "filter")
    compare_by_key(page, page.get_by_role("group", name="Condition"), "amount due", "is greater than", "50")
    expect(page.get_by_text("The chosen event goes on")).to_be_visible()
    press("F6")
    add_by_key(page, "+", "switch", "switch")
    first, second = (page.get_by_role("region", name=f"Case {number}: Case {number}") for number in (1, 2))
    compare_by_key(page, first, "attempts", "equals", "2")
    compare_by_key(page, second, "attempts", "is greater than", "2")
    expect(page.get_by_role("group", name="Otherwise")).to_contain_text("The chosen event goes here")
    press("F6")

    press("ArrowDown")
    add_by_key(page, "Enter", "track event", "track_custom_event")
    press("ArrowRight")
    pill_by_key(page, "Identifier", "customer e-mail")
    pill_by_key(page, "Event name", "billing reason", before="failed ")
    expect(page.locator('[data-field="name"] output')).to_have_text("failed subscription_cycle")
    press("F6")
    press("ArrowRight")
    add_by_key(page, "Enter", "transactional e-mail", "send_transactional_email")
    tab_to(page, page.get_by_role("combobox", name="Transactional message"))
    press("ArrowDown")
    expect(
        page.get_by_role("listbox", name="Transactional message").get_by_role("option").first
    ).to_be_visible()
    press("Enter")
    pill_by_key(page, "To", "customer e-mail")
    pill_by_key(page, "Person's email", "customer e-mail")
    press("F6")
    press("ArrowRight")
    add_by_key(page, "Enter", "classify", "classify_with_ai")
    connect_by_key(page, "New OpenAI connection")
    pill_by_key(page, "Prompt", "first line", before="What is this? ")
    press("F6")
    add_by_key(page, "+", "slack message", "send_message")
    press("ArrowLeft")
    connect_by_key(page, "New connection")
    tab_to(page, page.get_by_role("tab", name="Set up"), back=True)
    press("ArrowRight")
    pill_by_key(page, "Text", "classify label", before="It is ")
    built = state(page)
    assert built["problems"] == []

    tab_to(page, page.get_by_role("button", name="Test", exact=True))
    press("Enter")
    tab_to(page, page.get_by_role("button", name="Test workflow (dry)"))
    press("Enter")
    expect(page.locator(".tst-row", has_text="would be sent")).to_be_visible()
    tab_to(page, page.locator(".tst-step", has_text="Send Message"))
    press("Enter")
    expect(page.locator(".tst-address", has_text="chat.postMessage")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("button", name="Test", exact=True)).to_be_focused()

    acts = until_none(page, "undo", lambda: press("Control+z"))
    assert state(page)["draft"] == empty
    assert until_none(page, "redo", lambda: press("Control+y")) == acts
    assert state(page)["draft"] == built["draft"]

    tab_to(page, page.get_by_role("button", name="Publish…"))
    press("Enter")
    tab_to(page, page.get_by_role("button", name="Publish", exact=True))
    press("Enter")
    expect(page.get_by_text("is live.")).to_be_visible()
    tab_to(page, page.get_by_label("Breadcrumb").get_by_role("link", name=re.compile("Journey by keyboard")))
    press("Enter")
    tab_to(page, page.get_by_role("button", name="Send a sample event"))
    press("Enter")
    ran(page, "Default taken", ["Filter", "Switch", "Classify with AI", "Send Message"])
    print(f"By keyboard: {acts} acts to undo, {time.monotonic() - began:.1f} s")  # noqa: T201


STEPS: list[dict[str, Any]] = [
    {
        "id": "route",
        "name": "Route",
        "kind": "switch",
        "cases": [{"id": "first", "name": "First", "steps": [], "condition": {"all": [ATTEMPT]}}],
        "default": [],
    },
    {"id": "sum_up", "name": "Sum up", "kind": "code", "code": "total = 1\ntotal\n"},
    {
        "id": "sort",
        "name": "Sort",
        "kind": "ai",
        "provider": "openai",
        "connection": "",
        "model": "",
        "prompt": {"template": "{{ trigger.description }}"},
        "output": {"type": "labels", "labels": [{"label": "late", "meaning": "It is late"}]},
    },
    {
        "id": "tell",
        "name": "Tell",
        "kind": "action",
        "action": "customerio.track-event",
        "connection": "",
        "inputs": {"identifier": {"template": "{{ trigger.customer_email | upcase }}"}},
    },
]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 400)])
def test_axe_finds_nothing_in_panels_and_dialogs(admin: Page, house: House, scheme: Any, width: int):
    page = admin
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    new_workflow(page, house, f"Seen by axe, {scheme}", STEPS)
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark")
    found = violations(page, "canvas")

    for step in STEPS:
        card(page, step["id"]).focus()
        page.keyboard.press("Enter")
        for tab in page.get_by_role("tab").all():
            tab.click()
            settled = {"Map": ".mf", "Test": ".tst"}.get(tab.inner_text().split("\n")[0], ".pn-content")
            expect(page.locator(settled).first).to_be_visible()
            found += violations(page, f"{step['name']}, {tab.inner_text()}")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_text("must be mended")).to_be_visible()
    found += violations(page, "publish")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="History").click()
    expect(page.get_by_text("Nothing has been published yet.")).to_be_visible()
    found += violations(page, "history")

    assert found == []


def violations(page: Page, where: str) -> list[str]:
    """Return what axe finds on the page as it stands."""
    page.evaluate(AXE)
    results = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert results["passes"]
    return [f"{where}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in results["violations"]]


def ran(page: Page, branch: str, steps: list[str]) -> None:
    """See in the run log that a run succeeded by a branch, and through which steps."""
    run = page.locator("#run")
    expect(run).to_contain_text("Succeeded")
    expect(run).to_contain_text("Finished")
    expect(run).to_contain_text(branch)
    # The page follows the run: its last step may be shown a moment later than the others.
    for step in steps:
        expect(run).to_contain_text(f". {step}")
    found = re.findall(r"^\d+\. (.*)$", run.inner_text(), re.MULTILINE)
    assert found == steps


def tab_to(page: Page, target: Locator, *, back: bool = False) -> None:
    """Move the focus by Tab until it is on the target."""
    for _ in range(80):
        if target.count() == 1 and target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab does not lead to {target}.")


def add_by_key(page: Page, key: str, words: str, spot: str) -> None:
    """Add the step that fits some words best where the focus is on the canvas, and go into its panel."""
    page.keyboard.press(key)
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(card(page, spot)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()


def compare_by_key(page: Page, where: Locator, data: str, how: str, value: str) -> None:
    """Fill a comparison: a pill on the left, a value on the right."""
    tab_to(page, where.get_by_role("textbox", name="What is compared", exact=True))
    complete(page, data)
    page.keyboard.press("Tab")
    page.keyboard.type(how)
    expect(where.get_by_label("How it is compared").locator("option:checked")).to_have_text(how)
    page.keyboard.press("Tab")
    page.keyboard.type(value)


def pill_by_key(page: Page, field: str, data: str, before: str = "") -> None:
    """Fill a field with a text and a pill that its words complete."""
    tab_to(page, page.get_by_role("textbox", name=field, exact=True))
    page.keyboard.type(before)
    complete(page, data)


def complete(page: Page, words: str) -> None:
    """Type the words of some data and take the first that is offered."""
    page.keyboard.type("{{" + words)
    expect(page.get_by_role("listbox", name="Data and filters").get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")


def connect_by_key(page: Page, button: str) -> None:
    """Make a connection to a sandbox without leaving; the focus comes back to where it was."""
    tab_to(page, page.get_by_role("button", name=button))
    page.keyboard.press("Enter")
    use = page.get_by_role("button", name="Use the sandbox")
    expect(use).to_be_visible()
    tab_to(page, use)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name=button)).to_be_focused()


def add(page: Page, plus: str, words: str) -> None:
    """Add the step that fits some words best, at a plus."""
    page.get_by_role("button", name=plus, exact=True).click()
    page.get_by_role("combobox", name="Add a step").fill(words)
    page.get_by_role("listbox", name="Add a step").get_by_role("option").first.click()


def compare(page: Page, where: Locator, data: str, how: str, value: str) -> None:
    """Fill a comparison: a pill on the left, a value on the right."""
    where.get_by_role("textbox", name="What is compared", exact=True).click()
    page.get_by_role("treeitem", name=data).first.click()
    where.get_by_label("How it is compared").select_option(label=how)
    where.get_by_role("textbox", name="What it is compared with").click()
    page.keyboard.type(value)


def pills(page: Page, field: str, data: str, before: str = "") -> None:
    """Fill a field with a text and a pill from the data tree."""
    page.get_by_role("textbox", name=field, exact=True).click()
    page.keyboard.type(before)
    page.get_by_role("treeitem", name=data).first.click()


def connect(page: Page, button: str) -> None:
    """Make a connection to a sandbox without leaving."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("button", name="Use the sandbox").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def until_none(page: Page, what: str, act: Callable[[], None]) -> int:
    """Repeat an act until the toolbar says that there is nothing more to undo or redo; return how often."""
    for count in range(200):
        if page.get_by_role("button", name=f"Nothing to {what}").count():
            return count
        act()
    raise AssertionError(f"There is always something more to {what}.")
