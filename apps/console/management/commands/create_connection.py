"""Create a connection; secrets come from standard input as JSON, never from arguments."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.connections import services
from apps.console.commands import ServiceCommand, find_workspace


class Command(ServiceCommand):
    help = (
        "Create a connection and test it. Its fields, secrets included, are read from standard input as "
        'one JSON object, for example {"api_key": "..."}; a sandbox needs none.'
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app", required=True, help="stripe or customerio")
        parser.add_argument("--name", required=True, help="the name that people see")
        parser.add_argument("--workspace", help="name or code; needed when there are several")
        parser.add_argument("--base-url", default="", help="another base address, listed in EGRESS_ALLOW")
        parser.add_argument("--sandbox", action="store_true", help="a pretended account, for trying")
        parser.add_argument("--no-test", action="store_true", help="do not make the test call")

    def run(self, **options: Any) -> Mapping[str, Any]:
        connection = services.create_connection(
            find_workspace(options["workspace"]),
            actor=self.actor,
            app=options["app"],
            name=options["name"],
            values={} if options["sandbox"] else read_values(),
            base_url=options["base_url"],
            sandbox=options["sandbox"],
        )
        if not options["no_test"]:
            connection = services.test_connection(connection, actor=self.actor)
        return {
            "code": str(connection.code),
            "name": connection.name,
            "app": connection.app,
            "status": connection.status,
            "reason": connection.status_reason,
        }


def read_values() -> dict[str, str]:
    """Read the fields from standard input. Raises `CommandError`, which never repeats what was read."""
    if sys.stdin.isatty():
        raise CommandError(
            "The fields come from standard input, where a terminal would show what you paste. "
            "Pipe them in: create_connection … < fields.json"
        )
    try:
        values = json.loads(sys.stdin.read() or "{}")
    except json.JSONDecodeError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise CommandError('Standard input must be one JSON object of texts, for example {"api_key": "..."}.')
    return values
