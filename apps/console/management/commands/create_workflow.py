"""Create a draft from a recipe."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.catalog.registry import UnknownKeyError, get_action, get_trigger
from apps.catalog.spec import App
from apps.connections.models import Connection
from apps.connections.own import own_connection
from apps.console.commands import ServiceCommand, find_connection, find_workspace
from apps.workflows import services
from apps.workflows.engine.recipes import recipe_title
from apps.workflows.recipes import recipe_over
from apps.workspaces.models import Workspace


class Command(ServiceCommand):
    help = "Create a draft from a recipe: its fields are mapped already. Publish it with `publish`."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recipe",
            nargs=2,
            required=True,
            metavar=("TRIGGER", "ACTION"),
            help="for example stripe.trigger-invoice-payment-failed customerio.track-event",
        )
        parser.add_argument(
            "--connections",
            nargs="+",
            required=True,
            metavar="NAME",
            help="the trigger's and the action's connection, by name or code; a schedule needs none",
        )
        parser.add_argument("--name", help="the workflow's name; default: the recipe's title")
        parser.add_argument("--workspace", help="name or code; needed when there are several")

    def run(self, **options: Any) -> Mapping[str, Any]:
        workspace = find_workspace(options["workspace"])
        trigger_ref, action_ref = options["recipe"]
        try:
            trigger_app, _ = get_trigger(trigger_ref)
            action_app, _ = get_action(action_ref)
        except UnknownKeyError as error:
            raise CommandError(f"Unknown {error.ref}. Known: {', '.join(error.candidates)}.") from None
        named = [find_connection(name, workspace) for name in options["connections"]]
        source = self._pick(named, trigger_app, workspace)
        target = self._pick(named, action_app, workspace)
        recipe = recipe_over(trigger_ref, action_ref, source=source, target=target)
        workflow = services.create_workflow(
            workspace,
            actor=self.actor,
            name=options["name"] or recipe_title(trigger_ref, action_ref),
            definition=recipe.to_json(),
        )
        problems = services.validate_draft(workflow)
        return {
            "code": str(workflow.code),
            "name": workflow.name,
            "revision": workflow.draft_revision,
            "problems": [problem.as_dict() for problem in problems],
        }

    def _pick(self, named: list[Connection], app: App, workspace: Workspace) -> Connection:
        for connection in named:
            if connection.app == app.key:
                return connection
        if not app.needs_account:
            return own_connection(workspace, actor=self.actor, app=app)
        raise CommandError(f"None of the connections given is for {app.key}.")
