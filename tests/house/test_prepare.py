"""`manage.py prepare` makes the first admin, once."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_folder(settings: Settings, tmp_path):
    settings.STATIC_ROOT = tmp_path


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
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
