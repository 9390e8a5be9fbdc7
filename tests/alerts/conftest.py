"""A workspace's channels, made by its admin, and servers on loopback that take what they send."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alerts import channels, telling
from apps.alerts.channels import Wishes
from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert, Channel, Notice
from apps.alerts.services import raise_alert
from apps.common.http import close_pools
from apps.workspaces.access import Actor
from tests.factories import ConnectionFactory

SYSTEM = Actor.system("test")
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5ODc2NTQ="


@pytest.fixture(autouse=True)
def _pools() -> Iterator[None]:
    yield
    close_pools()


@pytest.fixture
def raised(workspace) -> Callable[..., Alert]:
    def raise_it(**changed) -> Alert:
        told = {
            "kind": Kind.RUN_FAILED,
            "subject": "workflow:1",
            "message": "A run of “Welcome” failed.",
            "remedy": "Look at the run.",
            "url": "/admin/runs/run/1/",
            "severity": Severity.WARNING,
        }
        return raise_alert(changed.pop("workspace", workspace), **{**told, **changed})

    return raise_it


def deliver(*, later: float = 0) -> int:
    """Plan and send what is due `later` seconds from now, as the worker would; returns how many."""
    at = timezone.now() + timedelta(seconds=later)
    telling.plan(at=at)
    leased = telling.lease_due(at=at)
    for number, attempt in leased:
        telling.send(number, attempt)
    return len(leased)


@pytest.fixture
def mail_channel(workspace, settings) -> Callable[..., Channel]:
    def make(port: int, **wishes) -> Channel:
        settings.EGRESS_ALLOW = [*settings.EGRESS_ALLOW, f"127.0.0.1:{port}"]
        ConnectionFactory(
            workspace=workspace,
            app="email",
            sandbox=False,
            entered={
                "host": "127.0.0.1",
                "port": str(port),
                "security": "none",
                "username": "tandem",
                "password": "a password of the tests",
                "from_address": "tandem@example.com",
            },
        )
        facts = {"name": "On call", "recipients": "ops@example.com, boss@example.com", **wishes}
        return channels.create_channel(workspace, actor=SYSTEM, kind="email", wishes=Wishes(**facts))

    return make


@pytest.fixture
def posting_channel(workspace, settings) -> Callable[..., Channel]:
    def make(kind: str, port: int, **wishes) -> Channel:
        settings.EGRESS_ALLOW = [*settings.EGRESS_ALLOW, f"127.0.0.1:{port}"]
        facts = {
            "name": f"Ops {kind}",
            "url": f"http://127.0.0.1:{port}/services/T0/B0/x1y2z3secret",
            **wishes,
        }
        if kind == "webhook":
            facts.setdefault("signing_secret", SECRET)
        return channels.create_channel(workspace, actor=SYSTEM, kind=kind, wishes=Wishes(**facts))

    return make


def notices() -> list[tuple[str, str]]:
    """List what was planned, oldest first: what it is and how it stands."""
    return list(Notice.objects.order_by("id").values_list("sort", "status"))
