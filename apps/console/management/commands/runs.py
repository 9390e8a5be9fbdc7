"""List runs, or show one with its steps."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from apps.console.commands import ServiceCommand, find_workflow, find_workspace
from apps.runs.models import Run

_LISTS = ("steps", "effects", "approvals")


class Command(ServiceCommand):
    help = "List the newest runs, or show one run with its steps."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", nargs="?", help="a run's code: show its steps")
        parser.add_argument("--workflow", help="only of this workflow (name or code)")
        parser.add_argument("--workspace", help="only of this workspace (name or code)")
        parser.add_argument("--status", choices=Run.Status.values, help="only with this status")
        parser.add_argument("--event", help="only of this event id of the provider")
        parser.add_argument("--limit", type=int, default=20, help="how many at the most (20)")

    def run(self, **options: Any) -> Mapping[str, Any]:
        if options["run"]:
            return _one(options["run"])
        rows = Run.objects.select_related("workflow").order_by("-pk")
        if options["workspace"]:
            rows = rows.filter(workspace=find_workspace(options["workspace"]))
        if options["workflow"]:
            rows = rows.filter(workflow=find_workflow(options["workflow"], options["workspace"]))
        if options["status"]:
            rows = rows.filter(status=options["status"])
        if options["event"]:
            rows = rows.filter(delivery__event_id=options["event"])
        return {"runs": [_summary(run) for run in rows[: max(1, options["limit"])]]}

    def as_text(self, answer: Mapping[str, Any]) -> str:
        if "runs" not in answer:
            facts = {key: value for key, value in answer.items() if key not in _LISTS and value}
            steps = [
                f"  {each['status']:<14} {_place(each['step'])}{each['name']}  {each['error']}".rstrip()
                for each in answer["steps"]
            ]
            effects = [
                f"  {each['status']:<14} {each['action']}  {each['key']}" for each in answer["effects"]
            ]
            asked = [
                f"  {each['status']:<14} {each['name']}  {each['decided_by'] or each['deadline']}"
                for each in answer["approvals"]
            ]
            approvals = ["approvals:", *asked] if asked else []
            return "\n".join([super().as_text(facts), "steps:", *steps, "effects:", *effects, *approvals])
        lines = [
            f"{run['code']}  {run['status']:<14}  {run['event']}  {run['workflow']}" for run in answer["runs"]
        ]
        return "\n".join(lines) or "No runs yet."


def _summary(run: Run) -> dict[str, Any]:
    return {
        "code": str(run.code),
        "workflow": run.workflow.name,
        "event": run.event_id,
        "event_type": run.event_type,
        "status": run.status,
        "reason": run.reason,
        "received_at": run.received_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }


def _one(code: str) -> dict[str, Any]:
    try:
        run = Run.objects.select_related("workflow").get(code=code)
    except (Run.DoesNotExist, ValidationError):
        raise CommandError(f"No run has the code “{code}”.") from None
    steps = [
        {
            "step": step.path,
            "name": step.name,
            "status": step.status,
            "attempts": step.attempts,
            "error": step.error,
            "remedy": step.remedy,
            **step.log,
        }
        for step in sorted(run.steps.all(), key=lambda step: (step.position, step.pk))
    ]
    effects = [
        {"step": effect.path, "action": effect.action, "status": effect.status, "key": effect.key}
        for effect in run.effects.order_by("pk")
    ]
    approvals = [
        {
            "step": approval.path,
            "name": approval.name,
            "status": approval.status,
            "deadline": approval.deadline_at.isoformat(),
            "decided_by": approval.decided_as,
            "comment": approval.comment,
        }
        for approval in run.approvals.order_by("pk")
    ]
    return _summary(run) | {
        "remedy": run.remedy,
        "steps": steps,
        "effects": effects,
        "approvals": approvals,
    }


def _place(path: str) -> str:
    """Return the loop and item that a step stands in, "" outside loops."""
    loop, found, _ = path.rpartition("].")
    return f"{loop}] " if found else ""
