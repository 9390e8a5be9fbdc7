"""Bulk replays in the admin: the list of jobs, each one's page, and the pages of one run's replay."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from apps.common import look
from apps.common.errors import NotAllowed, ServiceError
from apps.common.paging import CappedPaginator
from apps.console.replays.single import dry_page, replay_page
from apps.runs.models import ReplayJob, Run
from apps.runs.replays import jobs, selection
from apps.runs.replays.models import VersionChoice
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, actor_of, current_workspace, require_permission

_TONES = {
    ReplayJob.Status.PREVIEW.value: look.Tone.NEUTRAL,
    ReplayJob.Status.RUNNING.value: look.Tone.INFO,
    ReplayJob.Status.PAUSED.value: look.Tone.WARNING,
    ReplayJob.Status.DONE.value: look.Tone.SUCCESS,
    ReplayJob.Status.STOPPED.value: look.Tone.NEUTRAL,
}
SHOWN_RUNS = 20


@admin.register(ReplayJob)
class ReplayJobAdmin(WorkspaceAdmin):
    """The jobs of the workspace, newest first."""

    list_display = ("what", "state", "progress", "who", "begun")
    list_display_links = None
    list_filter = (("status", look.ChoicesDropdownFilter), ("kind", look.ChoicesDropdownFilter))
    paginator = CappedPaginator
    sortable_by = ()

    @override
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        of_job: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("live", self.live_view),
            ("start", self.start_view),
            (
                "pause",
                partial(self.move_view, change=jobs.pause, done="Paused: no further runs are started."),
            ),
            ("continue", partial(self.move_view, change=jobs.go_on, done="It goes on.")),
            (
                "stop",
                partial(self.move_view, change=jobs.stop, done="Stopped. Runs that were started go on."),
            ),
        ]
        return [
            path("many/", wrap(self.many_view), name="runs_replayjob_many"),
            path("run/<int:pk>/", wrap(partial(self.run_view, page=replay_page)), name="runs_replayjob_run"),
            path("run/<int:pk>/dry/", wrap(partial(self.run_view, page=dry_page)), name="runs_replayjob_dry"),
            *(
                path(f"<path:object_id>/{name}/", wrap(view), name=f"runs_replayjob_{name}")
                for name, view in of_job
            ),
            *super().get_urls(),
        ]

    # The columns of the list

    @look.display(description="Job")
    def what(self, row: ReplayJob) -> SafeString:
        """Name the job and lead to its page."""
        return look.link(row.get_absolute_url(), row)

    @look.display(description="Status")
    def state(self, row: ReplayJob) -> SafeString:
        """Show the status as a badge."""
        return badge_of(row)

    @look.display(description="Progress")
    def progress(self, row: ReplayJob) -> str:
        """Show how many runs were started, and how many were left out."""
        return f"{row.started} started, {row.left_out_count} left out"

    @look.display(description="By")
    def who(self, row: ReplayJob) -> str:
        """Name who made it."""
        return row.created_by_label

    @look.display(description="Made")
    def begun(self, row: ReplayJob) -> SafeString:
        """Show when it was made."""
        return look.when(row.created_at)

    # The pages

    def run_view(
        self, request: HttpRequest, pk: int, page: Callable[[HttpRequest, Run], HttpResponse]
    ) -> HttpResponse:
        """Show a page about one run; raises `Http404` for what is not in the person's workspaces."""
        run_admin: Any = self.admin_site.get_model_admin(Run)
        found = run_admin.get_object(request, str(pk))
        runs = Run.objects.select_related("workspace", "workflow__live_version", "version", "delivery")
        return page(request, runs.get(pk=found.pk))

    def many_view(self, request: HttpRequest) -> HttpResponse:
        """Preview a job for the runs of a filter and lead to its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor = require_permission(request, Permission.OPERATE_RUNS)
        kind = request.POST.get("kind", ReplayJob.Kind.REPLAY)
        if kind not in ReplayJob.Kind.values:
            raise Http404("There is no such kind of job.")
        chosen = selection.by_query(request.POST.get("query", ""))
        job = jobs.preview(current_workspace(request), actor=actor, chosen=chosen, kind=kind)
        return HttpResponseRedirect(job.get_absolute_url())

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the job; there is nothing to save."""
        job = self._visible(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._page(request, job)

    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the part of the page that changes while the job goes on."""
        job = self._visible(request, object_id)
        return TemplateResponse(request, "console/replays/job_body.html", self._body(request, job))

    def start_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start the job as its form says."""
        job = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        given = request.POST
        chosen: dict[str, Any] = {
            "rate": _number(given.get("rate", "")) or 0,
            "version": given.get("version", VersionChoice.CURRENT),
            "redo": given.getlist("redo"),
            "typed": _number(given.get("typed", "")),
        }
        try:
            jobs.start(job, actor=actor_of(request), **chosen)
        except NotAllowed as error:
            raise PermissionDenied(error.message) from None
        except ServiceError as error:
            return self._page(request, job, error=error, chosen=chosen)
        return HttpResponseRedirect(job.get_absolute_url())

    def move_view(
        self, request: HttpRequest, object_id: str, change: Callable[..., None], done: str
    ) -> HttpResponse:
        """Pause, continue or stop the job."""
        job = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act(request, lambda: change(job, actor=actor_of(request)), done=done)
        return HttpResponseRedirect(job.get_absolute_url())

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        job = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        return job

    def _page(
        self,
        request: HttpRequest,
        job: ReplayJob,
        *,
        error: ServiceError | None = None,
        chosen: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(job),
            **self._body(request, job),
            "error": error,
            "errors": {error.field or "": error.as_text()} if error else {},
            "chosen": chosen or {"rate": job.rate, "version": job.version, "redo": job.redo, "typed": None},
            "costly": may(actor_of(request), job.workspace, Permission.REPEAT_COSTLY),
            "versions": _versions(job),
        }
        return TemplateResponse(request, "console/replays/job.html", context, status=400 if error else 200)

    def _body(self, request: HttpRequest, job: ReplayJob) -> dict[str, Any]:
        return {
            "job": job,
            "badge": badge_of(job),
            "operates": may(actor_of(request), job.workspace, Permission.OPERATE_RUNS),
            "runs": job.replays.select_related("run").order_by("-pk")[:SHOWN_RUNS],
            **_findings(job),
        }


def badge_of(job: ReplayJob) -> SafeString:
    """Return a job's status as a badge."""
    return look.badge(job.status, job.get_status_display(), tone=_TONES[job.status])


def _versions(job: ReplayJob) -> list[tuple[str, str]]:
    known = [
        (VersionChoice.CURRENT.value, "The live version"),
        (VersionChoice.SAME.value, "The version that each run had"),
    ]
    if job.kind == ReplayJob.Kind.DRY:
        known.append((VersionChoice.DRAFT.value, "The draft"))
    return known


def _findings(job: ReplayJob) -> dict[str, Any]:
    """Return what a dry job found: how many are identical, and in which steps others differ."""
    if job.kind != ReplayJob.Kind.DRY:
        return {}
    differing = [each for each in job.findings if not each["identical"]]
    steps = Counter(name for each in differing for name in each["steps"])
    return {
        "identical": len(job.findings) - len(differing),
        "differing": differing,
        "in_steps": steps.most_common(10),
    }


def _number(text: str) -> int | None:
    cleaned = text.replace(",", "").replace(" ", "").strip()
    return int(cleaned) if cleaned.isdecimal() and len(cleaned) < 10 else None
