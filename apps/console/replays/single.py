"""The pages of one run: replay it, after a preview, and compare it dry with another version."""

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.common import look
from apps.common.errors import NotAllowed, ServiceError
from apps.console.replays.form import Form, empty_form, failed_step, field_errors, fill, read_form
from apps.runs import services
from apps.runs.models import Run
from apps.runs.replays.checking import check, check_dry, differences_before, version_for
from apps.runs.replays.dry.diffing import compare
from apps.runs.replays.dry.running import dry_run
from apps.runs.replays.made import made_for
from apps.runs.replays.models import VersionChoice
from apps.runs.replays.services import refuse_unreplayable, replay
from apps.runs.replays.taking import may_be_skipped, steps_to_begin_with
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import actor_of


def replay_page(request: HttpRequest, run: Run) -> HttpResponse:
    """Show the form; on POST preview what it would do, or start it as it was previewed."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    require_operator(request, run)
    if request.method != "POST":
        return _page(request, run, empty_form(run, from_step=request.GET.get("from")))
    form, do = read_form(request.POST), request.POST.get("do", "preview")
    if do == "look":
        fill(form, run)
        return _page(request, run, form)
    previewed = request.POST.get("previewed", "")
    if do == "start" and previewed == form.digest:
        return _start(request, run, form)
    return _preview(request, run, form, changed=do == "start")


def dry_page(request: HttpRequest, run: Run) -> HttpResponse:
    """Show how a version would execute the run's event today, beside what the run did."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    require_operator(request, run)
    choice = request.GET.get("version", VersionChoice.CURRENT)
    diff, error = None, None
    try:
        refuse_unreplayable(run)
        diff = compare(run, dry_run(run, check_dry(run, choice), afresh=True))
    except ServiceError as refused:
        error = refused
    context = {"diff": diff, "error": error, "choice": choice, "choices": _dry_choices(run)}
    return _render(request, "console/replays/dry.html", run, "Compare dry", context)


def require_operator(request: HttpRequest, run: Run) -> None:
    """Raise `PermissionDenied` unless the person may steer runs."""
    if not may(actor_of(request), run.workspace, Permission.OPERATE_RUNS):
        raise PermissionDenied("Your role does not allow this (operate runs).")


def _start(request: HttpRequest, run: Run, form: Form) -> HttpResponse:
    token = request.POST.get("token", "")
    try:
        again = replay(run, actor=actor_of(request), wanted=form.wanted(), token=token)
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except ServiceError as error:
        return _page(request, run, form, error=error)
    messages.success(request, "The event runs again: this is its new run.")
    return HttpResponseRedirect(again.get_absolute_url())


def _preview(request: HttpRequest, run: Run, form: Form, *, changed: bool) -> HttpResponse:
    try:
        refuse_unreplayable(run)
        checked = check(run, form.wanted(), actor=actor_of(request))
        found = dry_run(run, checked, afresh=False)
    except ServiceError as error:
        return _page(request, run, form, error=error)
    return _page(request, run, form, preview=found, changed=changed)


def _page(
    request: HttpRequest,
    run: Run,
    form: Form,
    *,
    error: ServiceError | None = None,
    preview: Any = None,
    changed: bool = False,
) -> HttpResponse:
    steps = steps_to_begin_with(run)
    actor = actor_of(request)
    refused = _refusal(run)
    context = {
        "form": form,
        "error": error,
        "errors": field_errors(error),
        "refused": refused,
        "preview": preview,
        "changed": changed,
        "token": uuid4().hex,
        "steps": steps,
        "first": next((row for row in steps if row.path == form.from_step), None),
        "made": made_for(run),
        "may_costly": may(actor, run.workspace, Permission.REPEAT_COSTLY),
        "may_retry": run.status in services.RETRYABLE,
        "failed": next((row for row in steps if row.path == failed_step(run)), None),
        **_versions(run, form),
    }
    status = 400 if error is not None else 200
    return _render(request, "console/replays/replay.html", run, "Replay", context, status=status)


def _versions(run: Run, form: Form) -> dict[str, Any]:
    live = run.workflow.live_version
    differs: list[str] = []
    skippable = False
    try:
        _, program = version_for(run, VersionChoice.CURRENT)
        skippable = bool(form.from_step) and may_be_skipped(program, form.from_step)
        if form.from_step and live is not None and live.pk != run.version_id:
            differs = differences_before(run, program, form.from_step)
    except ServiceError:
        differs = ["It can't be read any more."]
    return {"live": live, "differs": differs, "skippable": skippable}


def _refusal(run: Run) -> ServiceError | None:
    try:
        refuse_unreplayable(run)
    except ServiceError as refused:
        return refused
    return None


def _dry_choices(run: Run) -> list[tuple[str, str]]:
    live = run.workflow.live_version
    return [
        (VersionChoice.CURRENT, f"Live version {live.number}" if live else "Live version"),
        (VersionChoice.SAME, f"Version {run.version.number}, which the run had"),
        (VersionChoice.DRAFT, "The draft"),
    ]


def _render(
    request: HttpRequest, template: str, run: Run, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = {
        **admin.site.each_context(request),
        "title": title,
        "opts": Run._meta,
        "run": run,
        "badge": look.badge(run.status, run.get_status_display()),
    }
    return TemplateResponse(request, template, {**frame, **context}, status=status)
