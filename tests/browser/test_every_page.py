"""Every kind of page in a real browser: nothing is refused, nothing sticks out, every control has a name."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import House

pytestmark = pytest.mark.browser

MOST_PAGES = 150
NOT_FOLLOWED = ("/logout/", "/jsi18n/")


def kinds(page: Page, house: House) -> dict[str, str]:
    """Return one address of every kind of page that links lead to, by its path without numbers."""
    waiting = ["/admin/"]
    found: dict[str, str] = {}
    while waiting and len(found) < MOST_PAGES:
        path = waiting.pop(0)
        kind = re.sub(r"\d+", "N", path)
        if kind in found:
            continue
        found[kind] = path
        page.goto(house.url + path)
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        for link in links:
            parts = urlsplit(link)
            if link.startswith(f"{house.url}/admin/") and not parts.path.endswith(NOT_FOLLOWED):
                waiting.append(parts.path)
    return found


def test_no_page_makes_the_browser_complain(admin: Page, house: House, complaints: list[str]):
    admin.get_by_role("button", name="Send a sample event").first.click()
    visited = kinds(admin, house)

    assert complaints == []
    for kind in (
        "/admin/runs/run/N/change/",
        "/admin/webhooks/delivery/N/change/",
        "/admin/workflows/workflow/N/edit/",
        "/admin/connections/connection/N/change/",
    ):
        assert kind in visited, sorted(visited)


@pytest.mark.parametrize("path", ["", "workflows/workflow/add/", "workflows/workflow/1/edit/"])
def test_a_narrow_window_needs_no_scrolling_sideways(admin: Page, house: House, path: str):
    admin.set_viewport_size({"width": 390, "height": 800})

    admin.goto(f"{house.url}/admin/{path}")

    assert admin.evaluate("document.documentElement.scrollWidth") <= 391


@pytest.mark.parametrize("path", ["", "workflows/workflow/add/", "workflows/workflow/1/edit/"])
def test_every_control_has_a_name_for_those_who_listen(admin: Page, house: House, path: str):
    admin.goto(f"{house.url}/admin/{path}")

    nameless = admin.eval_on_selector_all(
        ", ".join(f"#content-main {tag}" for tag in ("input", "select", "textarea", "button")),
        """all => all
            .filter(each => each.type !== 'hidden' && !each.closest('[aria-hidden=true]'))
            .filter(each => !each.labels?.length && !each.ariaLabel && !each.textContent.trim())
            .map(each => each.outerHTML)""",
    )

    assert nameless == []
