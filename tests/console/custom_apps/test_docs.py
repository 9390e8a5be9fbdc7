"""docs/custom-apps.md, followed from beginning to end in the admin, against the server that it prints."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from apps.catalog.models import CustomApp
from apps.connections.models import Connection
from apps.runs.models import Run
from apps.workflows.models import Workflow
from config.env import BASE_DIR
from tests.console.html_forms import page

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (BASE_DIR / "docs" / "custom-apps.md").read_text(encoding="utf-8")
APPS = "/admin/catalog/customapp/"


@dataclass
class Step:
    """What one section of the page tells people to enter: by label, and rows by their heading."""

    values: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    commands: str = ""


def step(number: int) -> Step:
    section = re.search(rf"^## {number}\. .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL).group()
    found = Step()
    for block in re.findall(r"```text\n(.*?)```", section, re.DOTALL):
        for line in block.splitlines():
            name, colon, value = line.strip().partition(": ")
            if not colon:
                found.rows.append((name, {}))
            elif line.startswith("  "):
                found.rows[-1][1][name] = value
            else:
                found.values[name] = value
    for label, block in re.findall(r"\*\*([^*]+)\*\*:\n\n```json\n(.*?)```", section, re.DOTALL):
        found.values[label] = block
    found.commands = "".join(re.findall(r"```(?:sh|python)\n(.*?)```", section, re.DOTALL))
    return found


def first(pattern: str, text: str) -> str:
    """Return the group of the first match."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, f"The page has no {pattern}."
    return found[1]


class Shown:
    """A form as it is shown, in which a person finds controls by their labels."""

    def __init__(self, response: Any) -> None:
        self.html = response.content.decode()
        self.posted = next(form for form in page(response).forms if len(form.fields) > 2).posted()

    def fill(self, told: Step) -> dict[str, Any]:
        filled = dict(self.posted)
        for label, value in told.values.items():
            filled.update(self.entry(label, value, "[^-]*(?:-[a-z_]+)?"))
        for name in {heading for heading, _ in told.rows}:
            rows = first(rf'data-rows="(\w+)"[^>]*>\s*<legend class="td-label">{re.escape(name)}<', self.html)
            filled = {key: value for key, value in filled.items() if not key.startswith(f"{rows}-")}
            for number, row in enumerate(row for heading, row in told.rows if heading == name):
                for key, value in self.blank(rows).items():
                    filled[key.replace("__n__", str(number))] = value
                for label, value in row.items():
                    for key, entered in self.entry(label, value, f"{rows}-__n__-[a-z_]+").items():
                        filled[key.replace("__n__", str(number))] = entered
        return {key: value for key, value in filled.items() if "__n__" not in key}

    def entry(self, label: str, value: str, pattern: str) -> dict[str, str]:
        """Return name and value of the control with this label."""
        found = re.search(rf'<label for="id_({pattern})">{re.escape(escape(label))}\s*<', self.html)
        assert found, f"The page has no “{label}”."
        name = found[1]
        if re.search(rf'type="checkbox"[^>]* name="{name}"', self.html):
            return {name: "on"} if value == "yes" else {}
        select = re.search(rf'<select[^>]* name="{name}".*?</select>', self.html, re.DOTALL)
        if select is None:
            return {name: value}
        options = {
            unescape(text): key for key, text in re.findall(r'value="([^"]*)"[^>]*>([^<]*)<', select[0])
        }
        assert value in options, f"“{label}” does not offer “{value}”."
        return {name: options[value]}

    def blank(self, rows: str) -> dict[str, str]:
        """Return what a blank row posts: the first choice of every list, and empty texts."""
        names = set(re.findall(rf'name="({rows}-__n__-\w+)"', self.html))
        values = dict.fromkeys(
            (name for name in names if f'type="checkbox" value="on" name="{name}"' not in self.html), ""
        )
        for name in names:
            select = re.search(rf'<select[^>]* name="{name}".*?</select>', self.html, re.DOTALL)
            if select:
                values[name] = first(r'value="([^"]*)"', select[0].partition(">")[2])
        return values


@pytest.fixture
def shop(tmp_path: Path, settings: Any) -> Iterator[tuple[int, Path, Path]]:
    """Run the page's program on a free port; return the port, the program and what it printed."""
    program, log = tmp_path / "shop.py", tmp_path / "shop.log"
    program.write_text(step(1).commands, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings.EGRESS_ALLOW = [f"127.0.0.1:{port}"]
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, str(program), str(port)], stdout=output)
        try:
            _wait_for(port)
            yield port, program, log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("The shop of the page did not start.")


def told(response: Any) -> str:
    """Return what a page says is wrong."""
    found = re.findall(r'class="td-error" role="alert">([^<]*)|<li>([^<]*)', response.content.decode())
    return " ".join("".join(each) for each in found)


def followed(client: Any, url: str, number: int, **changes: str) -> Any:
    """Fill the form at this address as the page's section says, and send it."""
    response = client.post(url, {**Shown(client.get(url)).fill(step(number)), **changes, "do": "save"})
    assert response.status_code == 302, f"Section {number}: {told(response)}"
    return response


def test_the_page_leads_to_a_run_that_succeeded(
    shop: Any, owner_client: Any, live_server: Any, work: Callable[[], None]
) -> None:
    port, program, log = shop
    base = step(2).values["Base address"].replace(":8787", f":{port}")

    followed(owner_client, f"{APPS}add/", 2, base_url=base)
    app = CustomApp.objects.get()
    here = f"{APPS}{app.pk}"
    followed(owner_client, f"{here}/add-action/", 3)
    followed(owner_client, f"{here}/webhook/", 4)
    _add_trigger(owner_client, f"{here}/add-trigger/")
    connecting = f"/admin/connections/connection/add/?app={app.key}"
    followed(owner_client, connecting, 6)
    connection = Connection.objects.get()
    assert connection.status == Connection.Status.CONNECTED, connection.status_reason
    _try(owner_client, f"{here}/try/add-a-note/")
    workflow = _workflow(owner_client, app, connection)
    address = _published(owner_client, workflow, connection)
    delivered = subprocess.run(
        [sys.executable, str(program), *_command(f"{live_server.url}{address}")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert delivered.stdout.startswith("200"), delivered.stderr
    work()

    run = Run.objects.get()
    assert run.status == Run.Status.SUCCEEDED, run.status
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert calls[-1] == {
        "call": "POST /api/orders/ord_1001/notes",
        "body": '{"text":"jane@example.com paid 4200"}',
    }
    shown = page(owner_client.get(f"/admin/runs/run/{run.pk}/change/")).text
    assert "note_1" in shown
    assert "shop-key-5f1c9a72" not in shown


def _add_trigger(client: Any, url: str) -> None:
    filled = Shown(client.get(url)).fill(step(5))
    proposed = client.post(url, {**filled, "do": "propose"})
    saved = client.post(url, {**Shown(proposed).posted, "do": "save"})
    assert saved.status_code == 302, told(saved)


def _try(client: Any, url: str) -> None:
    form = Shown(client.get(url)).posted
    asked = client.post(url, form)
    assert "Tick that it may" in page(asked).text
    tried = page(client.post(url, {**form, "confirmed": "on"}))
    assert "The call succeeded." in tried.text
    assert "note_1" in tried.text
    assert "shop-key-5f1c9a72" not in tried.text


def _workflow(client: Any, app: CustomApp, connection: Connection) -> Workflow:
    chosen = {
        "trigger": f"{app.key}.trigger-order-paid",
        "action": f"{app.key}.add-a-note",
        "trigger_connection": str(connection.code),
        "action_connection": str(connection.code),
        "name": "Notes for paid orders",
        "do": "create",
    }
    made = client.post("/admin/workflows/workflow/add/", chosen)
    assert made.status_code == 302, told(made)
    workflow = Workflow.objects.get()
    edit = f"/admin/workflows/workflow/{workflow.pk}/edit/"
    form = page(client.get(edit)).form("mapping")
    keys = {"Order": "s0-f-order", "Text": "s0-f-text"}
    mapped = {keys[label]: template for label, template in step(7).values.items()}
    saved = client.post(edit, form.posted(mapped, "save"))
    assert saved.status_code == 302, told(saved)
    return workflow


def _published(client: Any, workflow: Workflow, connection: Connection) -> str:
    """Publish, and return the path of the address that the connection's page shows."""
    url = f"/admin/workflows/workflow/{workflow.pk}/publish/"
    form = next(form for form in page(client.get(url)).forms if "revision" in form.fields)
    client.post(url, form.posted())
    workflow.refresh_from_db()
    assert workflow.status == Workflow.Status.PUBLISHED, told(client.get(url))
    shown = client.get(f"/admin/connections/connection/{connection.pk}/change/").content.decode()
    assert "In the shop under Settings, Webhooks" in shown
    return first(r'id="webhook-address">https?://[^/]+(/[^<]+)<', shown)


def _command(url: str) -> list[str]:
    """Return the arguments of the page's last command, with the real address in it."""
    words = step(7).commands.split()
    return [url if word.startswith("http") else word for word in words[words.index("pay") :]]


def test_every_page_and_button_that_is_named_exists() -> None:
    shown = "".join(path.read_text() for path in (BASE_DIR / "templates").rglob("*.html"))
    for path in ("apps/common/look_settings.py", "apps/console/custom_apps/part_forms.py"):
        shown += (BASE_DIR / path).read_text()
    named = re.findall(r"\*\*([A-Z][^*.]+)\*\*", PAGE)

    missing = [
        label
        for label in named
        if not any(f"{mark}{label}" in shown for mark in (">", '"', "%}"))
        and not label.startswith(("What is", "Another"))
    ]

    assert missing == ["Switch off", "Switch on"]  # One button with two words.
