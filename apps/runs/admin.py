"""What happened, for people: the run log and the ledger, read-only but for what a run can be asked to do."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.common import look
from apps.runs import display, ordering, outcome, passing, services, timeline
from apps.runs.approvals.admin import ApprovalAdmin
from apps.runs.dead_letters.admin import CauseAdmin
from apps.runs.finding.admin import SearchPathAdmin
from apps.runs.ledger_admin import EffectAdmin
from apps.runs.list_admin import RunListAdmin
from apps.runs.models import Effect, Run
from apps.runs.querysets import GUARDS
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import act, actor_of

__all__ = ["ApprovalAdmin", "CauseAdmin", "EffectAdmin", "RunAdmin", "SearchPathAdmin"]


@admin.register(Run)
class RunAdmin(RunListAdmin):
    """The runs of the workspace, newest first, and each one's page."""

    @override
    def get_urls(self) -> list[URLPattern]:
        own = [
            ("live", self.live_view),
            ("retry", self.retry_view),
            ("cancel", self.cancel_view),
            ("release", self.release_view),
            ("let-pass", self.let_pass_view),
            ("decide", self.decide_view),
        ]
        wrap = self.admin_site.admin_view
        return [
            *(path(f"<path:object_id>/{name}/", wrap(view), name=f"runs_run_{name}") for name, view in own),
            *super().get_urls(),
        ]

    # The page of one run

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the run; there is nothing to save."""
        run = self._visible(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        context = {**self._body(request, run), **(extra_context or {})}
        return self._page(request, "runs/run.html", context)

    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the part of the page that changes while the run goes on."""
        run = self._visible(request, object_id)
        return TemplateResponse(request, "runs/run_body.html", self._body(request, run))

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on from where it stopped."""
        return self._steer(request, object_id, services.retry, "The run goes on.")

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the run."""
        done = "The run is cancelled; one that is being executed ends at its next step."
        return self._steer(request, object_id, services.cancel, done)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a held run go."""
        return self._steer(request, object_id, services.release, "The run is released.")

    def let_pass_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a run go on without waiting for the one before it in its order."""
        return self._steer(request, object_id, passing.let_pass, "The run does not wait any longer.")

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Carry out a decision; "Do it now" asks once more."""
        run = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not may(actor_of(request), run.workspace, Permission.DECIDE):
            raise PermissionDenied("Your role does not allow this (decide).")
        decision = request.POST.get("decision", "")
        effect = (
            run.effects.filter(pk=_number(request.POST.get("effect"))).select_related("workspace").first()
        )
        if effect is None:
            raise Http404("There is no such call in this run.")
        if decision == Effect.Decision.DO_NOW and request.POST.get("confirmed") != "yes":
            shown = display.show(run, now=datetime.now(UTC))
            step = next((each for each in shown.steps if each.path == effect.path), None)
            context = {"title": "Send this call now?", "run": run, "effect": effect, "step": step}
            return self._page(request, "runs/confirm.html", context)
        act(
            request,
            partial(services.decide, effect, actor=actor_of(request), decision=decision),
            done="Decided. The run shows what comes of it.",
        )
        return HttpResponseRedirect(run.get_absolute_url())

    def _steer(
        self, request: HttpRequest, object_id: str, change: Callable[..., object], done: str
    ) -> HttpResponse:
        run = self._visible(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act(request, partial(change, run, actor=actor_of(request)), done=done)
        return HttpResponseRedirect(run.get_absolute_url())

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        run = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    @override
    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        return (
            Run.objects.select_related(
                "workspace", "workflow", "version", "delivery__connection", "parked_on"
            )
            .defer("workflow__draft", "version__definition", "version__lineage", "delivery__body")
            .get(pk=found.pk)
        )

    def _body(self, request: HttpRequest, run: Run) -> dict[str, Any]:
        actor = actor_of(request)
        operates = may(actor, run.workspace, Permission.OPERATE_RUNS)
        return {
            "title": run.workflow.name,
            "run": run,
            "badge": display.run_badge(run),
            "tone": look.tone_of(run.status).value,
            "shown": display.show(run, now=datetime.now(UTC), begin=partial(_begin, request)),
            "query": request.GET.urlencode() if request.GET.get("items") else "",
            "facts": look.kv_table(_facts(run)),
            "operates": operates,
            "may_decide": may(actor, run.workspace, Permission.DECIDE),
            "may_retry": operates
            and run.status in (*services.RETRYABLE, *services.HURRIED)
            and not _rests(run)
            and run.reason_code != ordering.REASON_CODE,
            "may_cancel": operates and not run.cancel_requested and not run.finished,
            "may_release": operates and run.status == Run.Status.HELD,
            "may_pass": operates
            and run.status == Run.Status.WAITING
            and run.reason_code == ordering.REASON_CODE,
            "guarded": run.reason_code in GUARDS,
            "may_replay": operates and run.finished and not run.is_test,
        }

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**frame, **context})


def _facts(run: Run) -> list[tuple[str, object]]:
    delivery = run.delivery
    due = "Goes on at the latest" if _rests(run) else "Next attempt"
    timed = run.status == Run.Status.WAITING and run.reason_code != ordering.REASON_CODE
    next_attempt = [(due, look.when(run.due_at))] if timed else []
    return [
        ("Event", format_html('<span class="td-mono">{}</span>', run.event_id)),
        ("Type", run.event_type),
        ("Happened", look.when(run.event_at)),
        ("Received", timeline.exact(run.received_at)),
        ("Started", timeline.exact(run.started_at) if run.started_at else None),
        ("Finished", timeline.exact(run.finished_at) if run.finished_at else None),
        ("Delivery", look.link(reverse("admin:webhooks_delivery_change", args=[run.delivery_id]), delivery)),
        ("Received over", delivery.connection),
        ("Version", f"{run.version.number}" if not run.is_test else "A test of the draft"),
        *([("Calls of ours behind it", f"{run.depth} in a row")] if run.depth else []),
        *display.relatives(run),
        ("Run code", format_html('<span class="td-mono">{}</span>', run.code)),
        *next_attempt,
        *_order(run),
    ]


def _order(run: Run) -> list[tuple[str, object]]:
    """Return what a run's order says of it: what holds it up, or that newer events have run."""
    blocker = ordering.waits_for(run)
    if blocker is not None:
        now = f"is {blocker.get_status_display().lower()}"
        now = "waits for a person" if ordering.needs_a_person(blocker) else now
        told = f"run {str(blocker.code)[:8]}, which {now}"
        return [("Waits for", look.link(blocker.get_absolute_url(), told))]
    newer = ordering.newer_that_ran(run)
    if newer is None:
        return []
    told = f"run {str(newer.code)[:8]} of a newer event of the same key has begun"
    return [("Late in its order", look.link(newer.get_absolute_url(), told))]


def _rests(run: Run) -> bool:
    """Tell whether the run waits as its workflow says, which "Try now" would not shorten."""
    return run.status == Run.Status.WAITING and run.reason_code in outcome.RESTING


def _begin(request: HttpRequest, path: str) -> int | None:
    """Return the first item to be shown of the loop at a path, as far as one was chosen."""
    return (_number(request.GET.get("from")) or 0) if request.GET.get("items") == path else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 19 else None
