"""What a workflow does when it only fails, and whether its silence is reported: a panel of its page."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from apps.alerts.watching import silence
from apps.console.pages.frame import to_page
from apps.workflows import policies as services
from apps.workflows.models import Workflow
from apps.workspaces.scoping import act, actor_of


def policies(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Store both switches."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    text = request.POST.get("pause_after_failures", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
    act(
        request,
        lambda: services.set_policies(
            workflow,
            actor=actor_of(request),
            pause_after_failures=number,
            silence_alarm=request.POST.get("silence_alarm") == "on",
        ),
        done="Stored. It counts from now on, without publishing.",
    )
    return to_page("change", workflow)


def shown(workflow: Workflow) -> dict[str, Any]:
    """Return what the panel shows."""
    return {"most": services.MOST_FAILURES, "rhythm": silence.explain(workflow)}
