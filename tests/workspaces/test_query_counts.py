"""Lists cost the same number of queries however long they are."""

import uuid

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.connections.models import SandboxCall, Use
from apps.workspaces import audit
from apps.workspaces.access import Actor
from tests.factories import ConnectionFactory, MembershipFactory


def fill_members(workspace):
    MembershipFactory(workspace=workspace)


def fill_trail(workspace):
    audit.record(workspace, actor=Actor.system("test"), verb="workspace.renamed", target=workspace)


def fill_calls(workspace):
    connection = ConnectionFactory(workspace=workspace)
    SandboxCall.objects.create(connection=connection, method="GET", url="https://example.com/", status=200)


def fill_connections(workspace):
    connection = ConnectionFactory(workspace=workspace)
    Use.objects.create(connection=connection, user_kind="workflow", user_code=uuid.uuid4(), label="W")


@pytest.mark.parametrize(
    ("address", "fill"),
    [
        ("/admin/workspaces/membership/", fill_members),
        ("/admin/workspaces/auditentry/", fill_trail),
        ("/admin/connections/sandboxcall/", fill_calls),
        ("/admin/connections/connection/", fill_connections),
    ],
)
def test_a_list_costs_the_same_for_two_and_for_thirty(address, fill, owner_client, workspace):
    def cost():
        with CaptureQueriesContext(database) as queries:
            assert owner_client.get(address).status_code == 200
        return len(queries)

    for _ in range(2):
        fill(workspace)
    cost()  # Warms what is kept for the life of the process.
    few = cost()
    for _ in range(28):
        fill(workspace)

    assert cost() == few
