"""Bring an installation up to date: database, first admin, demo, static files."""

import secrets
from io import StringIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.env import env


class Command(BaseCommand):
    """Does in one process what `make run` and a first deployment need; safe to repeat."""

    help = "Migrates, makes the first admin, collects static files and, with --demo, the demo workspace."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --demo."""
        parser.add_argument("--demo", action="store_true", help="make the demo workspace as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps in order; the first that fails ends the command."""
        call_command("migrate", interactive=False, verbosity=0)
        self.make_first_admin()
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
