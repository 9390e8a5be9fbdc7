"""`make run` from nothing: sign in, one click, a finished run; stop; start again."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import bootstrap
from config.env import BASE_DIR
from tests.e2e.browser import Browser
from tests.kill.processes import free_port, until

# Starts the product twice, which shows the same on either database.
pytestmark = pytest.mark.sqlite_only

# Compiled modules come along: they only save the time of making them anew.
NOT_IN_A_CLONE = (".git", ".venv", ".tools", "var", ".*_cache", ".hypothesis")
STOP_SECONDS = 10.0
CLICK_SECONDS, CLICK_SECONDS_OVERLOADED = 2.0, 5.0
START_SECONDS = 180.0
LOOK_SECONDS = 0.05
PASSWORD = re.compile(r"password: (\S+) \(shown only now\)")
RUN_BADGE = re.compile(r'data-finished="(?:yes|no)".*?td-badge[^>]*>([^<]+)<', re.DOTALL)


class Clone:
    """A copy of the product in a folder of its own, with this environment's packages."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        shutil.copytree(BASE_DIR, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
        self._lend_environment()
        self._running: list[subprocess.Popen[bytes]] = []

    def _lend_environment(self) -> None:
        """Link what is installed here, with a marker of the clone's own, so that nothing is installed."""
        (self.folder / ".venv").mkdir()
        for entry in Path(sys.prefix).iterdir():
            if not entry.name.startswith(".requirements-"):
                (self.folder / ".venv" / entry.name).symlink_to(entry)
        marker = self.folder / ".venv" / ".requirements-dev"
        marker.write_text(bootstrap._fingerprint("dev"))

    def start(self) -> str:
        """Run `make run` until it is ready; return what it said."""
        said = self.folder.parent / f"said-{len(self._running)}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with said.open("wb") as output:
            process = subprocess.Popen(
                ["make", "run"],
                cwd=self.folder,
                env={**kept, "PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,  # noqa: PLW1509 - one thread
            )
        self._running.append(process)
        ready = f"ready at http://127.0.0.1:{self.port}/"

        def is_ready() -> bool:
            assert process.poll() is None, said.read_text()
            return ready in said.read_text()

        until(is_ready, within=START_SECONDS, what="make run says that it is ready")
        return said.read_text()

    def stop(self) -> tuple[float, str]:
        """Press Ctrl-C, which reaches the terminal's whole group; return seconds and what was said in all."""
        process, began = self._running[-1], time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(3 * STOP_SECONDS)
        took = time.monotonic() - began
        return took, (self.folder.parent / f"said-{len(self._running) - 1}").read_text()

    def close(self) -> None:
        """End what still runs; web and worker follow the process that started them."""
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """Return a fresh clone in a path with a space."""
    made = Clone(tmp_path / "a folder" / "of Tandem")
    yield made
    made.close()


def signed_in(clone: Clone, password: str) -> Browser:
    browser = Browser(clone.port, f"127.0.0.1:{clone.port}")
    browser.submit("/admin/login/", "username", username="admin", password=password)
    return browser


def samples(browser: Browser) -> list[str]:
    """Return the addresses that the dashboard's “Send a sample event” buttons post to."""
    forms = browser.get("/admin/").page.forms
    return [
        form.action for form in forms if any(label == "Send a sample event" for _, _, label in form.buttons)
    ]


def click_and_watch(browser: Browser, action: str) -> float:
    """Press the button; return the seconds until its run's page says that it has succeeded."""
    began = time.monotonic()
    shown = browser.submit("/admin/", action)
    while (badge := RUN_BADGE.search(shown.html)) is None or badge[1] != "Succeeded":
        assert time.monotonic() - began < START_SECONDS, shown.html
        time.sleep(LOOK_SECONDS)
        shown = browser.get(shown.url)
    return time.monotonic() - began


def click_limit() -> float:
    """Two seconds; more where more wants to run than this machine has processors for."""
    overloaded = os.getloadavg()[0] > (os.cpu_count() or 1)
    return CLICK_SECONDS_OVERLOADED if overloaded else CLICK_SECONDS


def test_from_nothing_one_click_shows_a_run_and_a_second_start_finds_it_all(clone: Clone):
    said = clone.start()
    passwords = PASSWORD.findall(said)
    browser = signed_in(clone, passwords[0])
    [action] = samples(browser)
    clicked = click_and_watch(browser, action)
    stopped, all_said = clone.stop()
    said_again = clone.start()
    found = samples(signed_in(clone, passwords[0]))
    stopped_again, all_said_again = clone.stop()

    print(f"Click to succeeded run: {clicked:.2f} s. Stopped in {stopped:.1f} s.")  # noqa: T201 - a measurement
    assert len(passwords) == 1
    assert "password" not in said_again
    assert "Installing" not in said
    assert clicked < click_limit()
    assert max(stopped, stopped_again) < STOP_SECONDS
    assert "killed" not in all_said + all_said_again
    assert found == [action]
