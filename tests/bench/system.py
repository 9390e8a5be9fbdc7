"""The product as it is deployed: the Procfile's web and worker on a database of the benchmark's own."""

import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIGNING_SECRET = "whsec_" + "benchmark" * 3


class System:
    """Web, worker and a pretended Customer.io; a context manager that ends what it started."""

    def __init__(self, database_url: str, *, delay: float = 0.0, drains: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tandem-bench-"))
        self.port = _free_port()
        self.processes: list[subprocess.Popen[str]] = []
        self.names: dict[int, str] = {}
        self.provider = self._start([sys.executable, "-m", "tests.bench.provider", "--delay", str(delay)])
        assert self.provider.stdout is not None
        self.provider_port = int(self.provider.stdout.readline())
        self.environment = os.environ | {
            "ENVIRONMENT": "local",
            "ENV_FILE": "",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEYS": secrets.token_urlsafe(48),
            "SEARCH_KEYS": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": database_url or f"sqlite:///{self.folder / 'bench.sqlite3'}",
            "EGRESS_ALLOW": f"127.0.0.1:{self.provider_port}",
            "WORKER_DRAINS": str(drains),
            "LOG_LEVEL": "WARNING",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
        }
        self.path = ""
        self.workflow = ""

    def __enter__(self) -> "System":
        self.manage("migrate", "--no-input")
        self.manage("shell", "-c", "from tests.bench.system import make_workspace; make_workspace()")
        self.create()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self.processes):
            _end(process)

    def create(self) -> None:
        """Make connections and the workflow: one filter, a mapped event, one POST."""
        self.manage(
            "create_connection",
            "--app",
            "stripe",
            "--name",
            "Stripe",
            "--no-test",
            answer={"webhook_secret": SIGNING_SECRET},
        )
        self.manage(
            "create_connection",
            "--app",
            "customerio",
            "--name",
            "Customer.io",
            "--no-test",
            "--base-url",
            f"http://127.0.0.1:{self.provider_port}",
            answer={"site_id": "site", "track_api_key": "key" * 8, "region": "us"},
        )
        made = self.manage(
            "create_workflow",
            "--recipe",
            "stripe.trigger-invoice-payment-failed",
            "customerio.track-event",
            "--connections",
            "Stripe",
            "Customer.io",
            "--name",
            "Bench",
        )
        self.workflow = made["code"]
        self.manage("shell", "-c", "from tests.bench.system import add_filter; add_filter()")
        self.path = self.manage("publish", self.workflow)["webhook"]["path"]

    def start_web(self) -> float:
        """Start the web process; return the seconds until it takes connections."""
        begun = time.monotonic()
        self.names[self._start(_procfile("web"), self.environment).pid] = "web"
        while time.monotonic() - begun < 30:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return time.monotonic() - begun
            time.sleep(0.02)
        raise SystemExit("The web process did not start.")

    def start_worker(self) -> None:
        """Start the worker."""
        self.names[self._start(_procfile("worker"), self.environment).pid] = "worker"

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
        return json.loads(done.stdout) if as_json else None

    def memory(self) -> dict[str, float]:
        """Return the proportional memory (PSS) of web and worker with their children, in MB."""
        return {name: _pss(pid) for pid, name in self.names.items()}

    def cpu(self) -> float:
        """Return the CPU seconds that web and worker used so far."""
        return sum(_cpu(pid) for pid in self.names)

    def _start(self, command: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process


def make_workspace() -> None:
    """Make the benchmark's workspace; run inside the product."""
    from apps.workspaces.access import Actor
    from apps.workspaces.services import create_workspace

    create_workspace(actor=Actor.system("benchmark"), name="Bench")


def add_filter() -> None:
    """Put a filter before the benchmark's action; run inside the product."""
    from apps.workflows.models import Workflow
    from apps.workflows.services import save_draft
    from apps.workspaces.access import Actor

    workflow = Workflow.objects.get(name="Bench")
    leaf = {"left": {"template": "{{ trigger.amount_due }}"}, "op": "greater_than", "right": {"value": 0}}
    step = {"id": "only", "kind": "filter", "name": "Only if", "condition": {"all": [leaf]}}
    draft = {**workflow.draft, "steps": [step, *workflow.draft["steps"]]}
    save_draft(workflow, actor=Actor.system("benchmark"), definition=draft, revision=workflow.draft_revision)


def _procfile(name: str) -> list[str]:
    lines = dict(line.split(":", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ":" in line)
    return [
        "sh",
        "-c",
        "exec " + lines[name].strip().replace("python ", f"{shlex.quote(sys.executable)} ", 1),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(child) for child in children.read_text().split()]
    except OSError:
        return []
    return [pid, *(each for child in found for each in _family(child))]


def _pss(pid: int) -> float:
    total = 0
    for member in _family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _cpu(pid: int) -> float:
    ticks = 0
    for member in _family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
