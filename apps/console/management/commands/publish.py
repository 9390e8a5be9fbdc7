"""Publish a workflow's draft."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.connections import registration
from apps.connections.addresses import by_hand
from apps.console.commands import ServiceCommand, find_workflow
from apps.workflows.publishing import publish


class Command(ServiceCommand):
    help = "Publish a workflow's draft and register its webhook at the provider."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workflow", help="name or code")
        parser.add_argument("--workspace", help="name or code; needed when the name is not unique")
        parser.add_argument("--note", default="", help="what this version changes")

    def as_text(self, answer: Mapping[str, Any]) -> str:
        webhook = answer["webhook"]
        address = webhook["url"] or webhook["path"]
        said = f"Version {answer['version']} is live. Webhook: {webhook['state']}, {address}"
        return f"{said}\n{webhook['command']}" if webhook["command"] else said

    def run(self, **options: Any) -> Mapping[str, Any]:
        workflow = find_workflow(options["workflow"], options["workspace"])
        version = publish(workflow, actor=self.actor, note=options["note"])
        connection = workflow.trigger_connection
        assert connection is not None  # noqa: S101 - publishing has set it.
        endpoint = registration.endpoint_of(connection)
        told = by_hand(endpoint)
        return {
            "code": str(workflow.code),
            "version": version.number,
            "status": workflow.status,
            "webhook": {
                "state": endpoint.state,
                "path": f"/v1/webhooks/{connection.app}/{endpoint.token}",
                "url": registration.webhook_url(endpoint),
                "event_types": endpoint.event_types,
                "command": told.command if told and endpoint.state == endpoint.State.BY_HAND else "",
            },
        }
