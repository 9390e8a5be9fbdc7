"""Send a sample event to a published workflow."""

import time
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from apps.console.commands import ServiceCommand, find_workflow
from apps.console.samples import send_sample
from apps.runs.models import Run


class Command(ServiceCommand):
    help = (
        "Send the trigger's sample event, signed and with a new id, through the receiving door. Where a step "
        "calls a real account, it names the calls and needs --yes."
    )

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workflow", help="name or code")
        parser.add_argument("--workspace", help="name or code; needed when the name is not unique")
        parser.add_argument("--yes", action="store_true", help="make the calls to real accounts")
        parser.add_argument(
            "--wait",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="wait for the run to finish, at most this long",
        )

    def run(self, **options: Any) -> Mapping[str, Any]:
        workflow = find_workflow(options["workflow"], options["workspace"])
        sent = send_sample(workflow, actor=self.actor, confirmed=options["yes"])
        answer = {
            "event_id": sent.event_id,
            "delivery": sent.delivery,
            "status": sent.status,
            "message": sent.message,
        }
        run = (
            Run.objects.filter(delivery__code=sent.delivery, workflow=workflow).first()
            if sent.delivery
            else None
        )
        if run is None:
            return answer
        until = time.monotonic() + options["wait"]
        while run.status not in Run.FINISHED and time.monotonic() < until:
            time.sleep(0.1)
            run.refresh_from_db()
        return answer | {"run": str(run.code), "run_status": run.status, "reason": run.reason}
