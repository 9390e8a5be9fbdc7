"""A finished run in the personas' workspace, with a provider in the test's hand."""

from typing import Any

import pytest

from apps.workspaces.models import Workspace
from tests.runs.conftest import DELETE, IDENTIFY, TRACK, World, ok, provider, work

__all__ = ["done", "provider", "work", "world"]


@pytest.fixture
def world(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return the small world in the workspace of the personas."""
    monkeypatch.setattr("tests.runs.conftest.WorkspaceFactory", lambda: workspace)
    return World()


@pytest.fixture
def done(world: World, provider: Any, work: Any) -> Any:
    """Return a run that wrote and told a person, and deleted one."""
    provider.default = ok()
    run = world.start(world.workflow(IDENTIFY, TRACK, DELETE))
    work()
    run.refresh_from_db()
    assert run.status == "succeeded"
    provider.requests.clear()
    return run
