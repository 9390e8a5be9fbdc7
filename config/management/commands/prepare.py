"""Bring an installation up to date: database, first admin, first workspace, demo, static files."""

import secrets
from io import StringIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ServiceError
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from apps.workspaces.services import create_workspace
from config.env import env


class Command(BaseCommand):
    """Does in one process what `make run` and a first deployment need; safe to repeat."""

    help = (
        "Migrates, makes the first admin, collects static files and, where asked for, makes the first "
        "workspace (--workspace) or the demo workspace (--demo)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --workspace and --demo."""
        parser.add_argument("--workspace", metavar="NAME", help="make this workspace where there is none yet")
        parser.add_argument("--demo", action="store_true", help="make the demo workspace as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps in order; the first that fails ends the command."""
        call_command("migrate", interactive=False, verbosity=0)
        self.make_first_admin()
        if options["workspace"]:
            self.make_first_workspace(options["workspace"])
        if options["demo"]:
            call_command("demo", stdout=StringIO())
        call_command("collectstatic", interactive=False, verbosity=0)

    def make_first_admin(self) -> None:
        """Make the account of DJANGO_SUPERUSER_* unless a superuser exists.

        A generated password is printed here and nowhere else.
        """
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        username = env("DJANGO_SUPERUSER_USERNAME")
        if users.filter(username=username).exists():
            raise CommandError(
                f"The user “{username}” exists and is not a superuser. "
                "Set DJANGO_SUPERUSER_USERNAME to another name for the first admin."
            )
        given = env("DJANGO_SUPERUSER_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        users.create_superuser(username, env("DJANGO_SUPERUSER_EMAIL"), password)
        shown = "the one in DJANGO_SUPERUSER_PASSWORD" if given else f"{password} (shown only now)"
        self.stdout.write(f"The first admin is “{username}”, password: {shown}")

    def make_first_workspace(self, name: str) -> None:
        """Make a workspace owned by the first admin unless there is one."""
        if Workspace.objects.exists():
            return
        owner = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        try:
            create_workspace(actor=Actor.system("prepare"), name=name, owner=owner)
        except ServiceError as error:
            raise CommandError(error.as_text()) from None
        self.stdout.write(f"The first workspace is “{name}”, its owner “{owner}”.")
