"""The connection that a workspace has by itself to an app without an account."""

import pytest

from apps.catalog import registry
from apps.common.errors import NotAllowed
from apps.connections.models import Connection
from apps.connections.own import own_connection
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


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_edit_workflows_makes_none(workspace, persona, request):
    with pytest.raises(NotAllowed):
        own_connection(workspace, actor=Actor.of(request.getfixturevalue(persona)), app=SCHEDULE)

    assert not Connection.objects.exists()
