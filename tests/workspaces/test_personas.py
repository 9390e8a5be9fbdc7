"""The personas themselves: what the other tests take for granted."""

import pytest

from apps.workspaces.access import role_of
from tests.personas import MEMBERS, PERSONAS


@pytest.mark.parametrize("name", PERSONAS)
def test_every_persona_can_sign_in(name, persona_client):
    assert persona_client(name).get("/admin/").status_code == 200


@pytest.mark.parametrize("name", MEMBERS)
def test_members_have_a_role_in_the_workspace(name, request, workspace):
    assert role_of(request.getfixturevalue(name), workspace) is not None


def test_the_stranger_has_none(stranger, workspace, other_workspace):
    assert role_of(stranger, workspace) is None
    assert role_of(stranger, other_workspace) == "owner"
