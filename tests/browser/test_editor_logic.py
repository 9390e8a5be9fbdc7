"""Logic steps set up in a real browser: a switch, code that is checked, a connection made on the way."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser

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
STEPS = "async () => (await (await fetch(`${location.pathname}api/state`)).json()).draft.steps"


def at_least(amount: int) -> dict[str, Any]:
    leaf = {"left": {"template": "{{ trigger.amount_due }}"}, "op": "at_least", "right": {"value": amount}}
    return {"all": [leaf]}


ROUTE = {
    "id": "route",
    "kind": "switch",
    "name": "Route",
    "cases": [
        {"id": "large", "name": "Large", "condition": at_least(1_000_000), "steps": []},
        {"id": "any", "name": "Any", "condition": at_least(1), "steps": []},
    ],
    "default": [],
}
SUM_UP = {"id": "sum_up", "kind": "code", "name": "Sum up", "code": "total = 1\ntotal\n"}
ASK = {
    "id": "ask",
    "kind": "approval",
    "name": "Ask",
    "message": {"template": "Shall this go out?"},
    "approvers": [{"email": "jo@example.com"}],
}


@pytest.fixture
def editor(admin: Page, house: House) -> Page:
    """Return the editor on the demo's workflow, with a draft of logic steps."""
    admin.goto(f"{house.url}/admin/workflows/workflow/")
    admin.get_by_role("link", name="Tell Customer.io about failed").first.click()
    admin.goto(f"{admin.url.split('/change')[0].rstrip('/')}/editor/")
    expect(admin.locator('[data-spot="trigger"]')).to_be_visible()
    assert admin.evaluate(SAVE, [ROUTE, SUM_UP, ASK]) == 200
    admin.reload()
    return admin


def open_step(page: Page, key: str) -> None:
    card = page.locator(f'[data-spot="{key}"]')
    card.focus()
    card.press("Enter")


def saved_step(page: Page, key: str) -> dict[str, Any]:
    """Return a step as the server has it, once all is saved."""
    expect(page.locator(".ed-saving")).to_have_text("Saved")
    found: dict[str, Any] = next(step for step in page.evaluate(STEPS) if step["id"] == key)
    return found


def test_a_switch_tells_the_case_taken_and_is_put_in_order_by_keyboard(editor: Page):
    open_step(editor, "route")
    large = editor.get_by_role("region", name="Case 1: Large")
    expect(large.get_by_text("Does not hold")).to_be_visible()
    expect(editor.get_by_role("region", name="Case 2: Any")).to_contain_text("The chosen event goes here")

    large.get_by_role("button", name="Move case “Large”").press("ArrowDown")
    expect(editor.get_by_role("region", name="Case 1: Any")).to_be_visible()
    expect(editor.get_by_role("button", name="Move case “Large”: number 2 of 2")).to_be_focused()
    name = editor.get_by_role("region", name="Case 2: Large").get_by_role("textbox", name="Case 2")
    name.fill("any")
    expect(editor.get_by_text("Another case has this name.")).to_be_visible()
    name.fill("Very large")
    editor.get_by_role("button", name="Add case").click()
    expect(editor.get_by_role("region", name="Case 3: Case 3")).to_be_visible()

    assert [case["name"] for case in saved_step(editor, "route")["cases"]] == ["Any", "Very large", "Case 3"]


def test_a_fault_in_code_is_told_by_line_and_column_and_led_to(editor: Page):
    open_step(editor, "sum_up")
    code = editor.get_by_role("textbox", name="Python code")
    expect(code).to_have_attribute("contenteditable", "true")
    code.press("Control+a")
    code.press("Delete")
    code.press_sequentially("total = 1\ntotal + totla")
    editor.keyboard.press("Escape")
    finding = editor.get_by_role("list", name="Problems in the code")
    expect(finding).to_contain_text("Did you mean “total”?")

    finding.get_by_role("button", name="Line 2, column 9").click()
    expect(code).to_be_focused()
    editor.keyboard.press("Control+Delete")
    editor.keyboard.type("2")
    expect(finding.get_by_role("listitem")).to_have_count(0)
    editor.keyboard.press("Escape")
    editor.keyboard.press("Tab")
    expect(code).not_to_be_focused()

    assert saved_step(editor, "sum_up")["code"] == "total = 1\ntotal + 2"


def test_a_sandbox_is_connected_without_leaving(editor: Page):
    open_step(editor, "ask")
    editor.get_by_role("button", name="New connection").click()
    dialog = editor.get_by_role("dialog", name="New Email connection")
    dialog.get_by_role("button", name="Use the sandbox").click()

    expect(dialog).to_have_count(0)
    expect(editor.get_by_text("“Email sandbox” is ready and chosen.")).to_be_visible()
    chosen = editor.get_by_label("Send links with")
    expect(chosen.locator("option:checked")).to_have_text("Email sandbox (sandbox)")
    assert saved_step(editor, "ask")["connection"] == chosen.input_value()
