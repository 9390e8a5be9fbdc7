"""The mapping form's controls in a real browser: fetched lists, check lists, rows, amounts."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import House

pytestmark = pytest.mark.browser


def draft(page: Page, house: House, trigger: str, action: str) -> None:
    """Make a draft over the sandboxes and show its form."""
    page.goto(f"{house.url}/admin/workflows/workflow/add/?trigger={trigger}&action={action}")
    page.get_by_role("button", name="Create draft").click()
    page.wait_for_url("**/editor/")
    page.goto(page.url.replace("/editor/", "/edit/"))
    page.wait_for_selector("#mapping")


@pytest.fixture
def message(admin: Page, house: House) -> Locator:
    """Return the input that names a transactional message."""
    draft(admin, house, "stripe.trigger-invoice-paid", "customerio.send-transactional-email")
    field = admin.locator('input[name$="-f-transactional_message_id"]')
    field.fill("")
    field.press("Escape")
    return field


def test_a_list_is_used_with_the_keyboard_and_told_to_those_who_listen(admin: Page, message: Locator):
    options = admin.get_by_role("option").filter(visible=True)
    expect(message).to_have_role("combobox")

    message.press("ArrowDown")
    expect(message).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_be_visible()
    message.press("ArrowDown")
    message.press("ArrowDown")
    chosen = admin.locator(f"#{message.get_attribute('aria-activedescendant')}")
    expect(chosen).to_have_attribute("aria-selected", "true")
    label, value = chosen.locator("span").inner_text(), chosen.locator("code").inner_text()
    message.press("Enter")

    expect(message).to_have_value(value)
    expect(message).to_have_attribute("aria-expanded", "false")
    expect(admin.locator("[data-combo-name]").filter(has_text=label)).to_be_visible()

    # Opened anew, the name is fetched again.
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.get_by_text("Draft saved.")).to_be_visible()
    expect(admin.locator("[data-combo-name]").filter(has_text=label)).to_be_visible()


def test_typing_narrows_the_list_and_escape_leaves_what_was_typed(admin: Page, message: Locator):
    options = admin.get_by_role("option").filter(visible=True)
    message.press("ArrowDown")
    expect(options.first).to_be_visible()
    every = options.count()
    word = options.nth(every - 1).locator("span").inner_text().split()[0]

    message.press_sequentially(word)
    expect(options.first).to_contain_text(word)
    message.press("Escape")

    expect(options).to_have_count(0)
    expect(message).to_have_value(word)

    message.fill("nothing of the kind")
    expect(admin.locator("[data-combo-said]").filter(visible=True)).to_contain_text(
        "Nothing found for “nothing"
    )


def test_a_template_is_never_taken_for_a_search(admin: Page, message: Locator):
    asked: list[str] = []
    admin.on("request", lambda request: asked.append(request.url) if "/choices/" in request.url else None)

    message.press_sequentially("{{ trigger.event_type }}")
    expect(admin.locator('[data-value-of$="-f-transactional_message_id"]')).to_have_text("invoice.paid")
    message.press("ArrowDown")

    expect(message).to_have_attribute("aria-expanded", "false")
    expect(message).to_have_value("{{ trigger.event_type }}")
    assert asked == []


def test_without_script_the_field_is_plain(admin: Page, house: House, message: Locator):
    address = admin.url
    cookies = admin.context.cookies()
    browser = admin.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies([{key: each[key] for key in ("name", "value", "domain", "path")} for each in cookies])  # type: ignore[misc,literal-required]  # Cookies as they were given.
    page = plain.new_page()

    page.goto(address)

    field = page.locator('input[name$="-f-transactional_message_id"]')
    field.fill("3")
    page.get_by_role("button", name="Save draft").click()
    expect(field).to_have_value("3")
    expect(page.locator("[data-combo-toggle]").first).to_be_hidden()
    plain.close()


def test_events_are_found_in_a_long_check_list(admin: Page, house: House):
    draft(admin, house, "customerio.trigger-reporting-event", "customerio.identify-person")
    boxes = admin.locator("[data-checks] label").filter(visible=True)
    every = boxes.count()

    admin.get_by_label("Search in Events").fill("sms clicked")
    expect(boxes).to_have_count(1)
    boxes.first.click()
    admin.get_by_label("Search in Events").fill("")

    expect(boxes).to_have_count(every)
    expect(admin.locator("[data-checks-count]")).to_have_text(f"1 of {every} chosen")
    admin.get_by_role("button", name="Save draft").click()
    expect(admin.get_by_role("checkbox", name="sms.clicked")).to_be_checked()


def test_rows_are_added_in_place(admin: Page, house: House):
    draft(admin, house, "stripe.trigger-invoice-paid", "stripe.create-payment-link")
    admin.locator("details.td-further > summary").first.click()
    rows = admin.locator('[id$="-f-more_items"] > [data-row]')
    before = rows.count()

    admin.locator('[data-more$="-f-more_items"]').click()
    expect(rows).to_have_count(before + 1)
    rows.last.get_by_role("combobox", name="Price").fill("price_1")
    rows.last.get_by_label("Quantity").fill("3")
    admin.get_by_role("button", name="Save draft").click()

    expect(admin.get_by_text("Draft saved.")).to_be_visible()
    expect(rows.first.get_by_role("combobox", name="Price")).to_have_value("price_1")
    expect(rows.first.get_by_label("Quantity")).to_have_value("3")


def test_an_amount_tells_the_sum_while_it_is_typed(admin: Page, house: House):
    draft(admin, house, "stripe.trigger-invoice-paid", "stripe.create-payment-intent")
    amount = admin.locator('input[name$="-f-amount"]')
    admin.locator('input[name$="-f-currency"]').fill("kwd")
    amount.fill("12.5")
    unit = admin.locator('select[name$="-f-amount_unit"]')
    told = admin.locator('[data-value-of$="-f-amount"]')

    unit.select_option("")
    expect(admin.locator('[data-problems-of$="-f-amount_unit"]')).to_contain_text("choose its unit")
    unit.select_option("major")

    expect(told).to_contain_text("12.500 KWD, 12500 in minor units")
    expect(admin.locator('[data-problems-of$="-f-amount_unit"]')).to_be_empty()


def test_every_control_of_a_form_with_everything_has_a_name_and_fits(admin: Page, house: House):
    draft(admin, house, "customerio.trigger-reporting-event", "stripe.create-customer")
    admin.set_viewport_size({"width": 390, "height": 800})
    for closed in admin.locator("details:not([open]) > summary").all():
        if closed.is_visible():
            closed.click()

    nameless = admin.eval_on_selector_all(
        ", ".join(f"#content-main {tag}" for tag in ("input", "select", "textarea", "button")),
        """all => all
            .filter(each => each.type !== 'hidden' && !each.closest('[aria-hidden=true]'))
            .filter(each => !each.labels?.length && !each.ariaLabel && !each.textContent.trim())
            .map(each => each.outerHTML)""",
    )
    assert nameless == []
    assert admin.evaluate("document.documentElement.scrollWidth") <= 391
