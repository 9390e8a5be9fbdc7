"""One installation as it is deployed, driven from outside: commands, HTTP, and stand-ins for providers."""

import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import stripe

from tests.e2e.browser import Browser
from tests.e2e.dumps import ended_runs
from tests.kill.processes import ROOT, Group, free_port, until, wait_for_port

HOST = "tandem.example.com"
SAMPLES = ROOT / "apps/catalog/connectors/stripe/samples"


def canary(prefix: str) -> str:
    """Return a secret that occurs nowhere else."""
    return f"{prefix}Canary{secrets.token_hex(16)}"


@dataclass
class Keys:
    """Every secret of this installation."""

    stripe_key: str = field(default_factory=lambda: canary("sk_test_"))
    site_id: str = field(default_factory=lambda: secrets.token_hex(10))
    track_key: str = field(default_factory=lambda: canary("track"))
    app_key: str = field(default_factory=lambda: canary("app"))
    signing_secret: str = field(default_factory=lambda: canary("whsec_"))
    secret_key: str = field(default_factory=lambda: canary("django"))
    field_key: str = field(default_factory=lambda: canary("field"))
    search_key: str = field(default_factory=lambda: canary("search"))
    password: str = field(default_factory=lambda: canary("password"))


def _beside(module: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a process of this folder that answers JSON lines."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.e2e.{module}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _asked(process: subprocess.Popen[str], order: Any) -> str:
    """Return the line that a process answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return process.stdout.readline()


class Installation:
    """Web, worker and stand-ins; `close` ends what was started."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.keys = folder, Keys()
        self.port = free_port()
        self.said = ""
        self._standin = _beside("standin", dict(os.environ))
        self.providers: dict[str, int] = json.loads(_asked(self._standin, vars(self.keys)))
        self.groups: list[Group] = []
        self.environment = self._environment(database_url)
        self._console = _beside("console", self.environment)
        self.browser = Browser(self.port, HOST)

    def _environment(self, database_url: str) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ
        }
        return kept | {
            "ENVIRONMENT": "production",
            "ENV_FILE": "",
            "DJANGO_SETTINGS_MODULE": "tests.e2e.deployed",
            "TEST_STATIC_ROOT": str(self.folder / "static"),
            "DATABASE_URL": database_url,
            "SQLITE_ON_VOLUME": "true",
            "SECRET_KEY": self.keys.secret_key,
            "FIELD_KEYS": self.keys.field_key,
            "SEARCH_KEYS": self.keys.search_key,
            "PUBLIC_URL": f"https://{HOST}",
            "TRUST_PROXY": "true",
            "EGRESS_ALLOW": ",".join(f"127.0.0.1:{port}" for port in self.providers.values()),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "LOG_LEVEL": "DEBUG",
            "DJANGO_SUPERUSER_USERNAME": "maria",
            "DJANGO_SUPERUSER_PASSWORD": self.keys.password,
        }

    def start(self) -> None:
        """Prepare the database, start the Procfile's web and worker lines, sign in, make a workspace."""
        self._prepare()
        for name in ("web", "worker"):
            self.groups.append(Group(name, self.environment, self.folder / f"{name}.log"))
        wait_for_port(self.port)
        self.browser.submit("/admin/login/", "username", username="maria", password=self.keys.password)
        self.browser.submit("/admin/workspaces/workspace/add/", "name", name="Acme")

    def connect(self) -> None:
        """Create both connections by command, secrets from standard input."""
        for app, values in (
            ("stripe", {"api_key": self.keys.stripe_key}),
            (
                "customerio",
                {
                    "site_id": self.keys.site_id,
                    "track_api_key": self.keys.track_key,
                    "app_api_key": self.keys.app_key,
                },
            ),
        ):
            address = f"http://127.0.0.1:{self.providers[app]}"
            made = self.manage(
                "create_connection", "--app", app, "--name", app, "--base-url", address, given=values
            )
            assert made["status"] == "connected", made

    def publish(self, trigger: str, action: str, name: str) -> dict[str, Any]:
        """Create a workflow from a recipe and publish it; return the command's answer."""
        made = self.manage(
            "create_workflow",
            "--recipe",
            f"stripe.{trigger}",
            f"customerio.{action}",
            "--connections",
            "stripe",
            "customerio",
            "--name",
            name,
        )
        assert made["problems"] == []
        return self.manage("publish", made["code"])

    def page_of(self, workflow: str) -> str:
        """Return the address of a workflow's page, found in the list."""
        listed = self.browser.get(f"/admin/workflows/workflow/?q={quote(workflow)}").page
        return next(link for link in listed.links if re.search(r"/workflow/\d+/change/", link))

    def manage(self, *arguments: str, given: Any = None) -> dict[str, Any]:
        """Run a command with --json and return its answer."""
        answer: dict[str, Any] = json.loads(self._command(*arguments, "--json", given=given))
        return answer

    def _prepare(self) -> None:
        """Do what a host does before it starts a new release."""
        done = subprocess.run(
            [sys.executable, "manage.py", "prepare"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"

    def _command(self, *arguments: str, given: Any = None) -> str:
        order = {"arguments": arguments, "given": json.dumps(given) if given is not None else ""}
        answer = json.loads(_asked(self._console, order))
        self.said += answer["out"] + answer["err"]
        assert answer["code"] == 0, f"{arguments}: {answer['out']}{answer['err']}"
        return str(answer["out"])

    def post_event(self, sample: str, event_id: str, *, path: str, secret: str = "", **changes: Any) -> int:
        """Post a sample as a new event, signed by Stripe's own SDK; return the status.

        `changes` go into the event's object.
        """
        payload = json.loads((SAMPLES / f"{sample}.json").read_text())
        payload["id"] = event_id
        payload["created"] = int(time.time())
        payload["data"]["object"].update(changes)
        body = json.dumps(payload)
        stamp = int(time.time())
        signature = stripe.WebhookSignature._compute_signature(
            f"{stamp}.{body}", secret or self.keys.signing_secret
        )
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "Content-Type": "application/json",
            "Stripe-Signature": f"t={stamp},v1={signature}",
        }
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(link):
            link.request("POST", urlsplit(path).path, body, headers)
            response = link.getresponse()
            response.read()
            return response.status

    def calls(self, service: str, person: str = "") -> list[dict[str, Any]]:
        """Return what a provider was asked, in order; of one person where named."""
        found = self._control("GET", "/_seen")["requests"]
        return [each for each in found if each["service"] == service and person in each["path"]]

    def refuse(self, person: str, status: int) -> None:
        """Let Customer.io refuse the next call about a person."""
        self._control("POST", "/_refuse", {"person": person, "status": status})

    def wait_for(self, event_id: str) -> str:
        """Wait until the event's one run has ended; return its code."""
        [code] = until(
            lambda: ended_runs(self.environment["DATABASE_URL"], event_id),
            within=60,
            what=f"the run of {event_id} has ended\n{self.groups[-1].tail()}",
        )
        return code

    def finished(self, event_id: str) -> dict[str, Any]:
        """Wait until the event's one run has ended; return it with its steps, as `runs` shows it."""
        return self.manage("runs", self.wait_for(event_id))

    def logs(self) -> str:
        """Return every line that any of its processes has written."""
        return self.said + self.process_logs()

    def process_logs(self) -> str:
        """Return every line of web and worker."""
        return "".join(group.log.read_text(errors="replace") for group in self.groups)

    def close(self) -> None:
        """End everything that was started."""
        for group in self.groups:
            group.kill()
        for process in (self._standin, self._console):
            process.kill()
            process.communicate()

    def _control(self, method: str, path: str, order: Any = None) -> Any:
        link = http.client.HTTPConnection("127.0.0.1", self.providers["stripe"], timeout=60)
        with closing(link):
            link.request(method, path, json.dumps(order) if order else None)
            return json.loads(link.getresponse().read())
