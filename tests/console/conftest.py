"""What the tests of the console share: a workspace in which something is live, and what a worker does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.runs.worker.sweeps import sweep
from apps.workflows.models import Workflow
from apps.workflows.publishing import publish
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from tests.connections.conftest import Network, network
from tests.workflows.conftest import actor, customerio, live_stripe, public_url, stand_in, stripe, workflow

__all__ = [
    "Network",
    "actor",
    "customerio",
    "live_stripe",
    "network",
    "public_url",
    "stand_in",
    "stripe",
    "workflow",
]

ROOMS = ("workspaces", "catalog", "connections", "workflows", "runs", "webhooks", "schedules")


@pytest.fixture
def live(workflow: Workflow, actor: Actor) -> Workflow:
    """Return the workflow published, over sandboxes."""
    publish(workflow, actor=actor)
    return workflow


@pytest.fixture
def work() -> Callable[[], None]:
    """Return a function that does what a worker would do now."""
    compiled.cache_clear()  # The ids of an earlier test's versions are given again.

    def work() -> None:
        sweep(at=timezone.now())
        Drain("test", stop=NeverStop(), threads=4).run_until_idle()

    return work


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every room as the database keeps it, to be compared with what is there later."""
    return {
        model.__name__: _rows(model) for room in ROOMS for model in apps.get_app_config(room).get_models()
    }


def _rows(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """Read by a cursor: taking the catalog's JSON apart would cost more than the request in question."""
    quoted = connection.ops.quote_name
    assert model._meta.pk is not None
    table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")  # noqa: S608 - our own tables.
        return [tuple(map(_plain, row)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def url(workflow: models.Model, name: str = "change") -> str:
    """Return the address of a page of the workflow."""
    return f"/admin/workflows/workflow/{workflow.pk}/{name}/"
