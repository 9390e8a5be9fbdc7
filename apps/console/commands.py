"""What the operators' commands share: answers as text or JSON, and how they find things."""

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ServiceError
from apps.connections.models import Connection
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace


class ServiceCommand(BaseCommand, ABC):
    """A thin door over services: `run` returns the answer, its errors become exit code 1.

    With `--json` the answer, or `{"error": {"code", "message", "remedy", "details"}}`,
    is one JSON object on standard output.
    """

    actor = Actor.system("command line")

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--json` and the command's own arguments."""
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: CommandParser) -> None:
        """Add the command's own arguments."""

    @abstractmethod
    def run(self, **options: Any) -> Mapping[str, Any]:
        """Do the job; return the answer."""

    def as_text(self, answer: Mapping[str, Any]) -> str:
        """Say the answer to a person."""
        return "\n".join(f"{key}: {value}" for key, value in answer.items())

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and answer in the form that was asked for."""
        as_json = options.pop("json")
        try:
            answer = self.run(**options)
        except (ServiceError, CommandError) as error:
            if not as_json:
                raise (
                    error if isinstance(error, CommandError) else CommandError(_error_text(error))
                ) from None
            self.stdout.write(json.dumps({"error": _error_body(error)}, default=str))
            sys.exit(1)
        self.stdout.write(json.dumps(answer, default=str) if as_json else self.as_text(answer))


def find_workspace(name: str | None) -> Workspace:
    """Return the workspace named by name or code, or the only one.

    Raises `CommandError`, or `ServiceError` with the way on where there is none at all.
    """
    if name:
        found = [each for each in Workspace.objects.all() if name in (each.name, str(each.code))]
    else:
        found = list(Workspace.objects.all()[:2])
    if len(found) != 1:
        names = ", ".join(Workspace.objects.values_list("name", flat=True)[:10])
        if not names:
            raise ServiceError(
                "There is no workspace yet.",
                code="no_workspace",
                remedy="Run `python manage.py prepare --workspace NAME`, or make one in the admin under "
                "Workspaces. `python manage.py demo` makes one to try things in.",
            )
        raise CommandError(f"Say which workspace with --workspace (there are: {names}).")
    return found[0]


def find_workflow(name: str, workspace: str | None = None) -> Workflow:
    """Return the workflow named by code or by name. Raises `CommandError`."""
    rows = Workflow.objects.select_related("workspace", "live_version", "trigger_connection")
    if workspace:
        rows = rows.filter(workspace=find_workspace(workspace))
    found = [each for each in rows if name in (each.name, str(each.code))]
    if len(found) != 1:
        raise CommandError(f"{'No workflow' if not found else 'More than one workflow'} is named “{name}”.")
    return found[0]


def find_connection(name: str, workspace: Workspace) -> Connection:
    """Return the workspace's connection named by code or by name. Raises `CommandError`."""
    rows = Connection.objects.usable().filter(workspace=workspace)
    found = [each for each in rows if name in (each.name, str(each.code))]
    if len(found) != 1:
        names = ", ".join(rows.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"No connection is named “{name}” in “{workspace}” (there are: {names}).")
    return found[0]


def _error_body(error: ServiceError | CommandError) -> dict[str, Any]:
    if isinstance(error, ServiceError):
        return error.as_dict()
    return {"code": "bad_request", "message": str(error), "details": []}


def _error_text(error: ServiceError) -> str:
    lines = [error.message, *(f"- {item['message']}" for item in error.details if "message" in item)]
    return "\n".join([*lines, error.remedy] if error.remedy else lines)
