"""What the workflow's editor does in a Chromium: opening, typing, undoing, and how large its script is.

Run by `make bench`, which prints what `measure` finds; nothing is held to a figure here.
"""

import gzip
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.system import ROOT, System
from tests.chromium import ARGUMENTS, find

BUILT = ROOT / "static" / "editor"
LEVELS = 8
OPENED = 7
REPEATED = 30
FIELD = "name"
PILL = "{{ trigger.number }}"

# The picture is on the screen one frame after the last card came into the page.
PAINTED = """size => new Promise(done => {
    const look = () => document.querySelectorAll(".cv-card").length > size
        ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
        : requestAnimationFrame(look);
    look();
})"""
TYPED = """field => {
    const shown = () => document.querySelector(`[data-field="${field}"] output`)?.textContent ?? "";
    window.typed = wanted => new Promise(done => {
        let pressed = 0;
        addEventListener("keydown", event => { pressed = event.timeStamp; }, { capture: true, once: true });
        const look = () => pressed && shown() === wanted
            ? done(performance.now() - pressed)
            : requestAnimationFrame(look);
        look();
    });
}"""
UNDONE = """() => {
    window.undone = () => new Promise(done => addEventListener("keydown", event => {
        const label = () => document.querySelector('[aria-label^="Redo: Move"]');
        const look = () => label()
            ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - event.timeStamp)))
            : setTimeout(look);
        look();
    }, { capture: true, once: true }));
}"""


def measure() -> Iterator[tuple[str, str]]:
    """Yield what was measured, each with its figure in words."""
    for name, kilobytes in sorted(bundle().items()):
        yield f"script, {name}, gzipped", f"{kilobytes:.1f} kB"
    path = find()
    if path is None:
        yield "in a browser", "not measured, there is no Chromium on this machine"
        return
    with System("") as system, sync_playwright() as playwright:
        password = secrets.token_urlsafe(24)
        system.environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.e2e.deployed",
            "TEST_STATIC_ROOT": str(system.folder / "static"),
        }
        system.manage("collectstatic", "--no-input")
        system.manage("shell", "-c", f"from tests.bench.editor import prepare; prepare({password!r})")
        system.start_web()
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield from _in_browser(browser, f"http://127.0.0.1:{system.port}", password)
        browser.close()


def bundle() -> dict[str, float]:
    """Return the size of the script that every page loads, and of the code editor's, in kB as they travel."""
    loaded = {BUILT / "editor.js", BUILT / "editor.css"}
    later: set[Path] = set()
    for path in sorted((BUILT / "chunks").glob("*.js")):
        (later if path.name.startswith("editor-") else loaded).add(path)
    return {"main": sum(map(_travels, loaded)), "code editor (on demand)": sum(map(_travels, later))}


def _travels(path: Path) -> float:
    return len(gzip.compress(path.read_bytes(), 9)) / 1000


def _in_browser(browser: Browser, url: str, password: str) -> Iterator[tuple[str, str]]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/admin/")
    page.fill("input[name=username]", "bench")
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/admin/")
    for size in (50, 200):
        page.goto(f"{url}/admin/workflows/workflow/")
        address = page.get_by_role("link", name=f"Steps {size}").first.get_attribute("href") or ""
        editor = f"{url}{re.sub('change/$', 'editor/', address)}"
        opened = [_opened(page, editor, size) for _ in range(OPENED)]
        yield f"{size} steps: opened until painted", _spread(opened)
        yield f"{size} steps: a key until its value", _spread(_keys(page))
        yield f"{size} steps: undo of a move", _spread(_undos(page))
    page.close()


def _opened(page: Page, address: str, size: int) -> float:
    page.goto(address, wait_until="commit")
    return float(page.evaluate(PAINTED, size)) / 1000


def _keys(page: Page) -> list[float]:
    """Type into a field behind a pill, so that only the server can tell what it comes to."""
    page.locator('[data-spot="last"]').focus()
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Map").click()
    page.get_by_role("textbox", name="Event name").focus()
    page.keyboard.press("End")
    page.evaluate(TYPED, FIELD)
    output = page.locator(f'[data-field="{FIELD}"] output')
    shown = output.inner_text()
    times = []
    for turn in range(REPEATED):
        letter = "abcdefghij"[turn % 10]
        shown += letter
        waiting = page.evaluate_handle("wanted => ({ done: window.typed(wanted) })", shown)
        page.keyboard.press(letter)
        times.append(float(waiting.evaluate("waiting => waiting.done")) / 1000)
    return times


def _undos(page: Page) -> list[float]:
    page.keyboard.press("F6")
    page.evaluate(UNDONE)
    times = []
    for _ in range(REPEATED):
        page.keyboard.press("Alt+ArrowUp")
        page.get_by_role("button", name="Undo: Move Last").wait_for()
        waiting = page.evaluate_handle("() => ({ done: window.undone() })")
        page.keyboard.press("Control+z")
        times.append(float(waiting.evaluate("waiting => waiting.done")) / 1000)
    return times


def _spread(times: list[float]) -> str:
    """Return median and 95th percentile of times in seconds."""
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {1000 * ordered[len(ordered) // 2]:.0f} ms, p95 {1000 * p95:.0f} ms"


def prepare(password: str) -> None:
    """Make a person who may sign in and the workflows to be opened; run inside the product."""
    from django.contrib.auth.models import User

    from apps.workflows.models import Workflow
    from apps.workflows.services import create_workflow
    from apps.workspaces.access import Actor
    from apps.workspaces.roles import Role
    from apps.workspaces.services import add_member

    actor = Actor.system("benchmark")
    draft = Workflow.objects.get(name="Bench").draft
    workspace = Workflow.objects.get(name="Bench").workspace
    user = User.objects.create_superuser("bench", "bench@example.com", password)
    add_member(workspace, actor=actor, user=user, role=Role.OWNER)
    action = next(step for step in draft["steps"] if step["kind"] == "action")
    last = {**action, "id": "last", "name": "Last"}
    last["inputs"] = {**action["inputs"], FIELD: {"template": f"paid {PILL}"}}
    for size in (50, 200):
        steps = [*_tree(size - 1), last]
        create_workflow(workspace, actor=actor, name=f"Steps {size}", definition={**draft, "steps": steps})


def _tree(size: int) -> list[dict[str, Any]]:
    """Return this many steps, some of them as deep as they may stand."""
    condition = {
        "left": {"template": "{{ trigger.amount_due }}"},
        "op": "greater_than",
        "right": {"value": 0},
    }

    def step(number: int, **settings: Any) -> dict[str, Any]:
        name = {"id": f"step_{number}", "name": f"Step {number}"}
        return {**name, "kind": "filter", "condition": {"all": [condition]}, **settings}

    steps: list[dict[str, Any]] = []
    number = 0
    while number < size:
        inner: list[dict[str, Any]] = []
        for _ in range(min(LEVELS, size - number)):
            branches = {"then": inner, "else": []} if inner else {}
            inner = [step(number, **({"kind": "if", **branches} if branches else {}))]
            number += 1
        steps += inner
    return steps
