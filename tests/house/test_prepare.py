"""`manage.py prepare` makes the first admin and the first workspace, once."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.workspaces.models import Membership, Workspace
from apps.workspaces.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_folder(settings: Settings, tmp_path):
    settings.STATIC_ROOT = tmp_path


def prepare(*arguments: str) -> str:
    out = StringIO()
    call_command("prepare", *arguments, stdout=out)
    return out.getvalue()


def test_the_first_admin_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "maria")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "maria@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a password of the tests")

    said = prepare()

    user = User.objects.get()
    assert (user.username, user.email, user.is_superuser) == ("maria", "maria@example.com", True)
    assert user.check_password("a password of the tests")
    assert "a password of the tests" not in said


def test_a_generated_password_is_printed_once():
    said = prepare()
    password = said.split("password: ")[1].split()[0]

    assert User.objects.get(username="admin").check_password(password)
    assert "password" not in prepare()
    assert User.objects.count() == 1


def test_an_ordinary_account_is_not_made_an_admin(monkeypatch: pytest.MonkeyPatch):
    User.objects.create_user("admin")

    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_USERNAME"):
        prepare()


def test_the_first_workspace_is_made_and_owned_by_the_first_admin():
    said = prepare("--workspace", "Acme")

    membership = Membership.objects.get()
    assert (membership.workspace.name, membership.user.username) == ("Acme", "admin")
    assert membership.role == Role.OWNER
    assert "“Acme”" in said


def test_a_workspace_is_made_only_where_there_is_none():
    prepare("--workspace", "Acme")

    said = prepare("--workspace", "Another")

    assert [each.name for each in Workspace.objects.all()] == ["Acme"]
    assert "Another" not in said


def test_without_being_asked_no_workspace_is_made():
    prepare()

    assert not Workspace.objects.exists()


def test_a_workspace_with_an_impossible_name_is_refused():
    with pytest.raises(CommandError, match="name"):
        prepare("--workspace", "x" * 500)
