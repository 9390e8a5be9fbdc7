"""Which workspace a command is for."""

import pytest
from django.core.management.base import CommandError

from tests.console.commands.conftest import said

pytestmark = pytest.mark.django_db


def test_without_any_workspace_the_way_to_one_is_named(run):
    code, answer = run("create_connection", "--app", "stripe", "--name", "Mine", "--sandbox")

    assert code == 1
    assert answer["error"]["code"] == "no_workspace"
    assert "prepare --workspace" in answer["error"]["remedy"]


def test_a_person_at_the_shell_reads_it_too():
    with pytest.raises(CommandError, match="under Workspaces"):
        said("create_connection", "--app", "stripe", "--name", "Mine", "--sandbox")
