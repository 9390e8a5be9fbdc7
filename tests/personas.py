"""The five personas, each with a signed-in client; all of them staff, one a stranger.

`owner`, `admin_member`, `editor` and `viewer` are members of `workspace`; the
`stranger` owns `other_workspace` and must never see anything of the first.
Loaded as a plugin by tests/conftest.py, so every test may name them.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.workspaces.models import Workspace
from apps.workspaces.roles import Role
from tests.factories import MembershipFactory, UserFactory, WorkspaceFactory

PERSONAS = ("owner", "admin_member", "editor", "viewer", "stranger")
MEMBERS = PERSONAS[:-1]


@pytest.fixture
def workspace(db: None) -> Workspace:
    return WorkspaceFactory(name="Acme")


@pytest.fixture
def other_workspace(db: None) -> Workspace:
    return WorkspaceFactory(name="Elsewhere")


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return _member(workspace, "olivia-owner", Role.OWNER)


@pytest.fixture
def admin_member(workspace: Workspace) -> User:
    return _member(workspace, "adam-admin", Role.ADMIN)


@pytest.fixture
def editor(workspace: Workspace) -> User:
    return _member(workspace, "edna-editor", Role.EDITOR)


@pytest.fixture
def viewer(workspace: Workspace) -> User:
    return _member(workspace, "victor-viewer", Role.VIEWER)


@pytest.fixture
def stranger(other_workspace: Workspace) -> User:
    return _member(other_workspace, "steve-stranger", Role.OWNER)


@pytest.fixture
def superuser(db: None) -> User:
    """Return the operator of the installation: an owner everywhere, a member nowhere."""
    return UserFactory(username="root-operator", is_superuser=True)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Return a function that gives a client signed in as a user."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def owner_client(owner: User, client_of: Any) -> Client:
    return client_of(owner)


@pytest.fixture
def admin_member_client(admin_member: User, client_of: Any) -> Client:
    return client_of(admin_member)


@pytest.fixture
def editor_client(editor: User, client_of: Any) -> Client:
    return client_of(editor)


@pytest.fixture
def viewer_client(viewer: User, client_of: Any) -> Client:
    return client_of(viewer)


@pytest.fixture
def stranger_client(stranger: User, client_of: Any) -> Client:
    return client_of(stranger)


@pytest.fixture
def superuser_client(superuser: User, client_of: Any) -> Client:
    return client_of(superuser)


@pytest.fixture
def persona_client(request: pytest.FixtureRequest, client_of: Any) -> Callable[[str], Client]:
    """Return a function that gives the signed-in client of a persona by name."""
    return lambda name: client_of(request.getfixturevalue(name))


def _member(workspace: Workspace, username: str, role: Role) -> User:
    return MembershipFactory(workspace=workspace, user__username=username, role=role).user
