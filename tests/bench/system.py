"""The product as it is deployed: the Procfile's web and worker on a database of the benchmark's own."""

import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.bench import proc
from tests.bench.database import Database

ROOT = Path(__file__).resolve().parents[2]
SIGNING_SECRET = "whsec_" + "benchmark" * 3
START_SECONDS = 30.0
STOP_SECONDS = 15.0


class System:
    """Web, workers and a pretended Customer.io; a context manager that ends what it started."""

    def __init__(self, database_url: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tandem-bench-"))
        self.counter = self.folder / "counter"
        self.counter.write_bytes(bytes(8))
        self.log = self.folder / "log"
        self.port = _free_port()
        self.processes: list[subprocess.Popen[str]] = []
        self.groups: dict[str, list[subprocess.Popen[str]]] = {"web": [], "worker": []}
        self.sink = self.start([sys.executable, "-m", "tests.bench.sink", str(self.counter)])
        assert self.sink.stdout is not None
        self.provider_port = int(self.sink.stdout.readline())
        self.database = Database(database_url or f"sqlite:///{self.folder / 'bench.sqlite3'}")
        self.environment = os.environ | {
            "ENVIRONMENT": "local",
            "ENV_FILE": "",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEYS": secrets.token_urlsafe(48),
            "SEARCH_KEYS": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": self.database.url,
            "EGRESS_ALLOW": f"127.0.0.1:{self.provider_port}",
            "LOG_LEVEL": "WARNING",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
        }
        self.path = ""
        self.workflow = ""

    def __enter__(self) -> Self:
        self.manage("migrate", "--no-input")
        self.workflow, self.path = self.create("Bench")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self.processes):
            _end(process)
        if error is not None and self.log.exists():
            sys.stderr.write(self.log.read_text(errors="replace")[-4000:])
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str) -> tuple[str, str]:
        """Make a workspace with connections and a workflow: one filter, six mapped fields, one POST.

        Returns the workflow's code, and the path that its events are posted to.
        """
        self.call("tests.bench.inside.make_workspace", name)
        there = ("--no-test", "--workspace", name)
        stripe = ("create_connection", "--app", "stripe", "--name", "Stripe")
        self.manage(*stripe, *there, answer={"webhook_secret": SIGNING_SECRET})
        address = f"http://127.0.0.1:{self.provider_port}"
        customerio = ("create_connection", "--app", "customerio", "--name", "Customer.io")
        entered = {"site_id": "site", "track_api_key": "key" * 8, "app_api_key": "app" * 8, "region": "us"}
        self.manage(*customerio, *there, "--base-url", address, answer=entered)
        recipe = ("stripe.trigger-invoice-payment-failed", "customerio.track-event")
        accounts = ("--connections", "Stripe", "Customer.io")
        named = ("--name", name, "--workspace", name)
        made = self.manage("create_workflow", "--recipe", *recipe, *accounts, *named)
        self.call("tests.bench.inside.write_steps", name)
        return made["code"], self.manage("publish", made["code"])["webhook"]["path"]

    def start_web(self, *, settings: str = "", wsgi: str = "config.wsgi") -> None:
        """Start the web process and wait until it takes connections."""
        process = self.start(procfile("web", wsgi=wsgi), self._environment(settings))
        self.groups["web"].append(process)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise SystemExit("The web process did not start.")

    def start_worker(self, *, settings: str = "", drains: int | None = None, command: str = "worker") -> None:
        """Start one more worker; `drains` other than deployed, if given."""
        environment = self._environment(settings)
        if drains is not None:
            environment["WORKER_DRAINS"] = str(drains)
        self.groups["worker"].append(self.start(procfile("worker", command=command), environment))

    def stop(self, group: str) -> None:
        """Stop the web process, or all workers."""
        for process in self.groups[group]:
            process.send_signal(signal.SIGTERM)
        for process in self.groups[group]:
            _end(process)
            self.processes.remove(process)
        self.groups[group] = []

    def restart_as_deployed(self) -> None:
        """Have one web process and one worker, both new."""
        self.stop("worker")
        self.stop("web")
        self.start_web()
        self.start_worker()

    def manage(self, *arguments: str, answer: dict[str, str] | None = None) -> Any:
        """Run a command; return its JSON answer, or None for one that gives none."""
        as_json = arguments[0] in ("create_connection", "create_workflow", "publish", "runs", "doctor")
        command = [sys.executable, "manage.py", *arguments, *(["--json"] if as_json else [])]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            input=json.dumps(answer or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{arguments[0]} failed:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if as_json else done.stdout

    def call(self, function: str, *arguments: object) -> str:
        """Call a function inside the product; return what it prints."""
        module, _, name = function.rpartition(".")
        text = ", ".join(repr(argument) for argument in arguments)
        printed: str = self.manage(
            "shell", "--no-imports", "-c", f"from {module} import {name}; {name}({text})"
        )
        return printed

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds so far of web, worker, PostgreSQL and sink, with all their children."""
        seconds = {
            name: sum(proc.cpu_seconds(process.pid) for process in group)
            for name, group in self.groups.items()
        }
        server = self.database.server_pid()
        if server is not None:
            seconds["PostgreSQL"] = proc.cpu_seconds(server)
        return {**seconds, "sink": proc.cpu_seconds(self.sink.pid)}

    def memory(self) -> dict[str, float]:
        """Return the memory (PSS, in MB) of web, worker and PostgreSQL, with all their children."""
        megabytes = {
            name: sum(proc.pss_megabytes(process.pid) for process in group)
            for name, group in self.groups.items()
        }
        server = self.database.server_pid()
        return megabytes if server is None else {**megabytes, "PostgreSQL": proc.pss_megabytes(server)}

    def start(self, command: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a process that this object ends."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def _environment(self, settings: str) -> dict[str, str]:
        return {**self.environment, **({"DJANGO_SETTINGS_MODULE": settings} if settings else {})}


def procfile(name: str, *, wsgi: str = "config.wsgi", command: str = "worker") -> list[str]:
    """Return a line of the Procfile as a command, its door or its command exchanged where asked."""
    lines = dict(line.split(":", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ":" in line)
    line = lines[name].strip().replace("python ", f"{shlex.quote(sys.executable)} ", 1)
    line = line.replace("config.wsgi", wsgi).replace("manage.py worker", f"manage.py {command}")
    return ["sh", "-c", f"exec {line}"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
