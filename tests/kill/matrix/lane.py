"""One deployed system with a PostgreSQL of its own, on which cases are tried one after another."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from tests.bench import proc
from tests.bench.driver import Events
from tests.bench.system import SIGNING_SECRET, System
from tests.kill.standin import StandIn

SETTINGS = "tests.kill.points.settings"
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
POST_SECONDS = 8.0
REPEAT_SECONDS = 0.1
EVENT_PREFIX = "evt_bench"


class Lane(System):
    """The product with its points, a stand-in for Customer.io, and a server that may be killed.

    Each event starts two runs: one tracks an event under a derived id, one sends a
    mail, for which there is no key.
    """

    def __init__(self, server: Any, number: int) -> None:
        self.server = server
        self.standin = StandIn()
        super().__init__(server.url.replace("/tandem?", "/postgres?"))
        self.provider_port = self.standin.port
        self.points = self.folder / "points"
        self.points.mkdir()
        self.environment |= {
            "EGRESS_ALLOW": f"127.0.0.1:{self.provider_port}",
            "KILL_POINTS": str(self.points),
        }
        self.next_number = number * 1_000_000 + 1

    def __exit__(self, *reason: Any) -> None:
        super().__exit__(*reason)
        self.standin.close()

    def create(self, name: str) -> tuple[str, str]:
        """Make what the benchmark has, and the workflow that mails."""
        code, path = super().create(name)
        recipe = ("stripe.trigger-invoice-payment-failed", "customerio.send-transactional-email")
        accounts = ("--connections", "Stripe", "Customer.io")
        named = ("--name", "Mail", "--workspace", name)
        made = self.manage("create_workflow", "--recipe", *recipe, *accounts, *named)
        self.call("tests.kill.matrix.inside.write_mail_step")
        self.manage("publish", made["code"])
        self.events = Events(path, SIGNING_SECRET)
        return code, path

    def begin(self) -> None:
        """Start web and worker."""
        self.start_web(settings=SETTINGS)
        self.start_worker(settings=SETTINGS)

    def numbers(self, count: int) -> list[int]:
        """Return the numbers of so many new events."""
        first, self.next_number = self.next_number, self.next_number + count
        return list(range(first, first + count))

    # What is done to it

    def arm(self, point: str) -> None:
        """Have the next process that comes to the point stand still there."""
        for file in self.points.iterdir():
            file.unlink()
        (self.points / point).touch()

    def hit(self, point: str) -> int | None:
        """Return the process that stands at the point, None as long as none does."""
        with suppress(OSError, ValueError):
            return int((self.points / f"{point}.hit").read_text())
        return None

    def go_on(self, point: str) -> None:
        """Let whoever stands at the point go on, and nobody stop there any more."""
        (self.points / point).unlink(missing_ok=True)
        (self.points / f"{point}.go").touch()

    def kill_worker(self) -> None:
        """Kill every process of the worker at once, and start another."""
        (process,) = self.groups["worker"]
        os.killpg(process.pid, signal.SIGKILL)
        self._forget("worker", process)
        self.start_worker(settings=SETTINGS)

    def kill_database(self) -> None:
        """Kill every process of PostgreSQL at once, and start it again on the same data."""
        for pid in proc.family(self.server.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.wait()
        self.server.start()

    def restart_database(self) -> None:
        """Stop PostgreSQL, which throws everybody out, and start it again."""
        os.kill(self.server.pid, signal.SIGINT)
        self.server.wait()
        self.server.start()

    def cut_connections(self) -> None:
        """Throw everybody out of the database."""
        self.database.rows(CUT)

    def terminate_all(self) -> None:
        """Tell every process of web and worker to stop, all at once; start both again."""
        processes = [*self.groups["web"], *self.groups["worker"]]
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(timeout=15)
        for group in ("web", "worker"):
            for process in list(self.groups[group]):
                self._forget(group, process)
        self.begin()

    def _forget(self, group: str, process: subprocess.Popen[str]) -> None:
        process.wait()
        self.groups[group].remove(process)
        self.processes.remove(process)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    # What is looked at

    def runs(self, numbers: list[int]) -> dict[tuple[int, str], str]:
        """Return how the runs of these events stand, by number and workflow."""
        ids = ", ".join(f"'{EVENT_PREFIX}{number:09d}'" for number in numbers)
        found = self.database.rows(
            "SELECT r.event_id, w.name, r.status FROM runs_run r"  # noqa: S608 - ids of our own.
            f" JOIN workflows_workflow w ON w.id = r.workflow_id WHERE r.event_id IN ({ids})"
        )
        return {(int(event[len(EVENT_PREFIX) :]), name): status for event, name, status in found}

    def post(self, number: int) -> int:
        """Post an event once; return the status of the answer, 0 where there was none."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=POST_SECONDS) as link:
                link.sendall(self.events.request(number))
                return int(link.recv(65536)[9:12])
        except (OSError, ValueError):
            return 0


class Load:
    """Posts events by a thread each as a provider does: again and again until they are acknowledged."""

    def __init__(self, lane: Lane, numbers: list[int], *, threads: int, within: float) -> None:
        self.acknowledged: set[int] = set()
        self._until = time.monotonic() + within
        self._lane = lane
        self._left = list(numbers)
        self._threads = [threading.Thread(target=self._post) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Wait until everything is acknowledged or given up."""
        for thread in self._threads:
            thread.join()

    def _post(self) -> None:
        while True:
            try:
                number = self._left.pop(0)
            except IndexError:
                return
            while time.monotonic() < self._until:
                if self._lane.post(number) == 200:
                    self.acknowledged.add(number)
                    break
                time.sleep(REPEAT_SECONDS)


def wait_for(look: Callable[[], Any], *, within: float) -> Any:
    """Return what the look finds, or None behind so many seconds. A database that is away has nothing."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with suppress(psycopg.Error):
            if found := look():
                return found
        time.sleep(0.05)
    return None


def person(number: int) -> str:
    """Return the address of the person whom an event is about."""
    return f"person{number:09d}@example.com"
