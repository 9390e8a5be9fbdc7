"""Web and worker start together and stop together, whoever is told to."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import supervise
from apps.runs import calling
from apps.runs.worker import drain, main
from config.env import BASE_DIR

# A service that says when it is up, and on SIGTERM that it stopped in order.
SERVICE = """
import signal, sys, time
from pathlib import Path

name, stubborn = sys.argv[1], len(sys.argv) > 2
def stop(number, frame):
    Path(name + ".stopped").touch()
    if not stubborn:
        sys.exit(0)
signal.signal(signal.SIGTERM, stop)
Path(name + ".up").touch()
time.sleep(60)
time.sleep(60)
"""
SUPERVISOR = """
import os, sys
import supervise

supervise.STOP_SECONDS = 1.0
supervise.stop_on_signals()
commands = supervise.read_procfile(supervise.Path("Procfile"))
sys.exit(supervise.run_together(commands, environment=dict(os.environ), on_turn=lambda: None))
"""
LONG = 20.0
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder whose name is awkward, with the service and the supervisor in it."""
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    (folder / "service.py").write_text(SERVICE)
    (folder / "supervisor.py").write_text(SUPERVISOR)
    return folder


def write_procfile(folder: Path, **lines: str) -> None:
    python = shlex.quote(sys.executable)
    text = "".join(f"{name}: {python} {command}\n" for name, command in lines.items())
    (folder / "Procfile").write_text("# a comment\n" + text)


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start the supervisor, or what starts it, with SIGINT at its default; end its group afterwards."""
    started = []

    def begin(*command: str) -> subprocess.Popen[bytes]:
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                command or (sys.executable, "supervisor.py"),
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(BASE_DIR / "bin")},
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,  # noqa: PLW1509 - one thread
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not fact():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def both_up(folder: Path) -> Callable[[], bool]:
    return lambda: (folder / "web.up").exists() and (folder / "worker.up").exists()


def both_stopped(folder: Path) -> Callable[[], bool]:
    return lambda: (folder / "web.stopped").exists() and (folder / "worker.stopped").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_in_order(folder: Path, start: Start, number: signal.Signals):
    write_procfile(folder, web="service.py web", worker="service.py worker")
    process = start()
    wait_for(both_up(folder))

    process.send_signal(number)

    assert process.wait(LONG) == 0
    assert both_stopped(folder)()


def test_one_that_fails_stops_the_other_and_gives_its_exit_code(folder: Path, start: Start):
    write_procfile(folder, web="service.py web", worker="-c 'import sys; sys.exit(7)'")
    process = start()

    code = process.wait(LONG)

    assert code == 7
    assert "“worker” ended with exit code 7" in (folder / "output").read_text()


def test_one_that_just_ends_is_a_failure(folder: Path, start: Start):
    write_procfile(folder, web="service.py web", worker="-c pass")

    assert start().wait(LONG) == 1


def test_one_that_does_not_stop_is_killed_and_named(folder: Path, start: Start):
    write_procfile(folder, web="service.py web stubborn", worker="service.py worker")
    process = start()
    wait_for(both_up(folder))

    process.terminate()
    code = process.wait(LONG)

    assert code == 0
    assert "“web” did not stop within 1 s and was killed" in (folder / "output").read_text()


def test_both_stop_when_the_supervisor_is_killed(folder: Path, start: Start):
    write_procfile(folder, web="service.py web", worker="service.py worker")
    process = start()
    wait_for(both_up(folder))

    process.kill()

    wait_for(both_stopped(folder))
    process.wait(LONG)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_both_stop_when_only_make_is_told(folder: Path, start: Start, number: signal.Signals):
    write_procfile(folder, web="service.py web", worker="service.py worker")
    (folder / "Makefile").write_text(f"run:\n\t@exec {shlex.quote(sys.executable)} supervisor.py\n")
    process = start("make", "run")
    wait_for(both_up(folder))

    process.send_signal(number)

    wait_for(both_stopped(folder))
    process.wait(LONG)


def test_each_process_outwaits_what_it_waits_for_and_all_end_within_ten_seconds():
    limits = [calling.CALL_SECONDS, drain.GIVE_UP_SECONDS, main.STOP_SECONDS, supervise.STOP_SECONDS, 10.0]

    assert limits == sorted(set(limits))
