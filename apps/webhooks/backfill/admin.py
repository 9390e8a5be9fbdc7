"""The pages of backfills: the window is chosen, counted, and then run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, override

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from apps.common import look
from apps.common.errors import ServiceError
from apps.webhooks.backfill import services
from apps.webhooks.backfill.models import MOST_PER_MINUTE, Backfill, BackfillEvent
from apps.webhooks.backfill.turn import LIVE
from apps.webhooks.reconciliation.watching import reconcile_of
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, act, current_workspace, require_permission, scope_of

SHOWN = 50
DEFAULT_PER_MINUTE = 60
_INPUT = {"class": "td-input"}
_DONE = {
    "start": "The backfill runs. This page shows how far it is.",
    "pause": "No further run begins. Those that were begun go on.",
    "resume": "The backfill goes on.",
    "stop": "The backfill is over. Runs that were begun go on.",
}
State = BackfillEvent.State


class WindowForm(forms.Form):
    """The window of a backfill, in UTC, and its pace."""

    workflow = forms.ModelChoiceField(
        queryset=Workflow.objects.none(), widget=forms.Select(attrs=_INPUT), label="Workflow"
    )
    since = forms.DateTimeField(
        label="From",
        widget=forms.DateTimeInput(attrs={**_INPUT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label="To",
        widget=forms.DateTimeInput(attrs={**_INPUT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    per_minute = forms.IntegerField(
        label="Events a minute",
        min_value=1,
        max_value=MOST_PER_MINUTE,
        initial=DEFAULT_PER_MINUTE,
        widget=forms.NumberInput(attrs=_INPUT),
    )


@admin.register(Backfill)
class BackfillAdmin(WorkspaceAdmin):
    """Past events that are run through a workflow."""

    add_permission = Permission.OPERATE_RUNS
    list_display = ("name", "window", "state", "pace", "created")
    list_display_links = None
    list_filter = (("status", look.ChoicesDropdownFilter),)
    list_select_related = ("workflow", "workspace")
    sortable_by = ()

    @override
    def get_urls(self) -> list[URLPattern]:
        steer: dict[str, Callable[..., None]] = {
            "start": services.start,
            "pause": services.pause,
            "resume": services.resume,
            "stop": services.stop,
        }
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(self._steering(service, _DONE[name]))),
                name=f"webhooks_backfill_{name}",
            )
            for name, service in steer.items()
        ]
        return [*own, *super().get_urls()]

    @look.display(description="Workflow")
    def name(self, row: Backfill) -> SafeString:
        """Name the workflow and lead to the page."""
        return look.link(row.get_absolute_url(), row.workflow)

    @look.display(description="Window")
    def window(self, row: Backfill) -> str:
        """Show the window."""
        return _window(row)

    @look.display(description="Status")
    def state(self, row: Backfill) -> SafeString:
        """Show the status."""
        return _badge(row)

    @look.display(description="Events a minute")
    def pace(self, row: Backfill) -> int:
        """Show the pace."""
        return row.per_minute

    @look.display(description="Created")
    def created(self, row: Backfill) -> SafeString:
        """Show when it was made."""
        return look.when(row.created_at)

    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return require_http_methods(["GET", "HEAD", "POST"])(self._add)(request)

    def _add(self, request: HttpRequest) -> HttpResponse:
        actor = require_permission(request, Permission.OPERATE_RUNS)
        workflows = Workflow.objects.filter(workspace=current_workspace(request), status__in=LIVE)
        workflows = workflows.exclude(trigger_connection=None).order_by("name")
        asked = request.GET.get("workflow", "")
        if asked and not (asked.isdecimal() and workflows.filter(pk=int(asked)).exists()):
            raise Http404("There is no such published workflow in your workspaces.")
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        initial = {"workflow": asked, "since": now - timedelta(days=1), "until": now}
        form = WindowForm(request.POST if request.method == "POST" else None, initial=initial)
        field = form.fields["workflow"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = workflows
        if request.method == "POST" and form.is_valid():
            made = self._created(form, actor)
            if made is not None:
                return HttpResponseRedirect(made.get_absolute_url())
        context = {"title": "Run past events through a workflow", "form": form, "any": workflows.exists()}
        return self._page(request, "webhooks/backfill_new.html", context)

    def _created(self, form: WindowForm, actor: Actor) -> Backfill | None:
        try:
            return services.create(
                form.cleaned_data["workflow"],
                actor=actor,
                since=form.cleaned_data["since"],
                until=form.cleaned_data["until"],
                per_minute=form.cleaned_data["per_minute"],
            )
        except ServiceError as error:
            form.add_error(error.field if error.field in form.fields else None, error.as_text())
            return None

    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return require_http_methods(["GET", "HEAD"])(self._detail)(request, object_id)

    def _detail(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._visible(request, object_id)
        found = services.counts(row)
        total, left = sum(found.values()), found.get(State.WAITING, 0)
        operates = scope_of(request).allows(Permission.OPERATE_RUNS)
        chosen = request.GET.get("state", "")
        events = row.events.filter(state=chosen) if chosen in State.values else row.events.all()
        known = reconcile_of(row.connection)
        steps = {
            "start": row.status == Backfill.Status.READY and left > 0,
            "pause": row.status == Backfill.Status.RUNNING,
            "resume": row.status == Backfill.Status.PAUSED,
            "stop": row.open,
        }
        context = {
            "title": f"Backfill of {row.workflow}",
            "row": row,
            "badge": _badge(row),
            "window": _window(row),
            "workflow_page": reverse("admin:workflows_workflow_change", args=[row.workflow_id]),
            "total": total,
            "left": left,
            "matching": left + found.get(State.STARTED, 0) + found.get(State.ALREADY_RAN, 0),
            "started": found.get(State.STARTED, 0),
            "figures": [(state.value, state.label, found.get(state.value, 0)) for state in State],
            "done": total - left,
            "minutes": -(-left // row.per_minute),
            "can": {name: allowed and operates for name, allowed in steps.items()},
            "busy": row.status in (Backfill.Status.COUNTING, Backfill.Status.RUNNING),
            "from_list": known is not None and known[1].find is not None,
            "events": events[:SHOWN],
            "chosen": chosen,
            "facts": look.kv_table(
                [
                    ("Workflow", row.workflow),
                    ("Connection", row.connection),
                    ("Window", _window(row)),
                    ("Events a minute", row.per_minute),
                    ("Made by", row.created_by.get_username() if row.created_by else "the command line"),
                    ("Made", look.when(row.created_at)),
                    ("Started", look.when(row.started_at)),
                    ("Ended", look.when(row.finished_at)),
                ]
            ),
        }
        return self._page(request, "webhooks/backfill.html", context)

    def _steering(self, service: Callable[..., None], done: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            row = self._visible(request, str(object_id))
            actor = require_permission(request, Permission.OPERATE_RUNS)
            act(request, lambda: service(row, actor=actor), done=done)
            return HttpResponseRedirect(row.get_absolute_url())

        return view

    def _visible(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**frame, **context})


def _badge(row: Backfill) -> SafeString:
    return look.badge(row.status, row.get_status_display())


def _window(row: Backfill) -> str:
    return f"{row.since:%Y-%m-%d %H:%M} – {row.until:%Y-%m-%d %H:%M} UTC"
