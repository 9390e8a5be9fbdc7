"""Send a sample event from the admin."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from apps.common.errors import ServiceError
from apps.console.once import Click
from apps.console.pages.frame import page, to_page
from apps.console.samples import Sent, send_sample
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission


def send(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Send it and go to its run; ask first where a real account would be called."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = require_permission(request, Permission.OPERATE_RUNS)
    click = Click(request, f"sample:{workflow.pk}")
    if not click.is_first:
        return HttpResponseRedirect(click.led_to) if click.led_to else to_page("change", workflow)
    try:
        sent = send_sample(workflow, actor=actor, confirmed=request.POST.get("confirmed") == "yes")
    except ServiceError as refused:
        click.undo()
        if refused.code == "unconfirmed":
            return page(
                request,
                "console/confirm_sample.html",
                title=f"Send a sample event to “{workflow.name}”?",
                workflow=workflow,
                calls=refused.details,
            )
        messages.error(request, refused.as_text())
        return to_page("change", workflow)
    shown = _show(request, workflow, sent)
    click.leads_to(shown["Location"])
    return shown


def _show(request: HttpRequest, workflow: Workflow, sent: Sent) -> HttpResponse:
    run = (
        Run.objects.filter(workflow=workflow, delivery__code=sent.delivery).first() if sent.delivery else None
    )
    if run is None:
        messages.error(request, f"The sample event was not accepted ({sent.status}): {sent.message}")
        return to_page("change", workflow)
    messages.success(request, f"Sample event {sent.event_id} was received.")
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))
