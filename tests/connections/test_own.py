"""The connection that a workspace has by itself to an app without an account."""

import pytest

from apps.catalog import registry
from apps.common.errors import NotAllowed, ValidationFailed
from apps.connections.models import Connection
from apps.connections.own import own_connection
from apps.connections.services import create_connection
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db

SCHEDULE = registry.get_app("schedule")


def test_it_is_made_once_and_told_in_the_trail(workspace, editor):
    actor = Actor.of(editor)

    made = [own_connection(workspace, actor=actor, app=SCHEDULE) for _ in range(2)]

    assert made[0] == made[1]
    assert (made[0].name, made[0].status) == ("Schedule", Connection.Status.CONNECTED)
    assert AuditEntry.objects.get().verb == "connection.created"


def test_each_workspace_has_its_own(workspace, other_workspace):
    actor = Actor.system("test")

    here = own_connection(workspace, actor=actor, app=SCHEDULE)
    there = own_connection(other_workspace, actor=actor, app=SCHEDULE)

    assert here != there
    assert (here.workspace, there.workspace) == (workspace, other_workspace)


def test_a_name_that_is_taken_gets_a_number(workspace):
    ConnectionFactory(workspace=workspace, name="Schedule")

    made = own_connection(workspace, actor=Actor.system("test"), app=SCHEDULE)

    assert made.name == "Schedule (2)"


@pytest.mark.parametrize("sandbox", [False, True])
def test_there_is_nothing_to_connect_by_hand(workspace, sandbox):
    with pytest.raises(ValidationFailed, match="needs no account") as caught:
        create_connection(
            workspace, actor=Actor.system("test"), app="schedule", name="Mine", values={}, sandbox=sandbox
        )

    assert caught.value.field == "app"
    assert not Connection.objects.exists()


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_edit_workflows_makes_none(workspace, persona, request):
    with pytest.raises(NotAllowed):
        own_connection(workspace, actor=Actor.of(request.getfixturevalue(persona)), app=SCHEDULE)

    assert not Connection.objects.exists()
