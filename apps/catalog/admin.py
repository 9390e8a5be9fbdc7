"""What exists, for people: apps, triggers and actions, each with a switch for the operators."""

from collections.abc import Iterable
from typing import Any, override

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog import logos, presenting, switches, uses
from apps.catalog.models import Action, App, Trigger
from apps.common import look
from apps.workspaces.scoping import SharedAdmin, act, actor_of, find_workspace


class CatalogAdmin(SharedAdmin):
    """The base: nothing is edited, superusers switch rows off and on."""

    detail_template: str
    actions = ("switch_on", "switch_off")

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Leave the switches to the operators of the installation."""
        return request.user.is_active and request.user.is_superuser

    @override
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_switch"
        view = self.admin_site.admin_view(require_POST(self.switch_view))
        return [path("<int:object_id>/switch/", view, name=name), *super().get_urls()]

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
        row = presenting.found(self.get_object(request, object_id), self.opts)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": row.name,
            "opts": self.opts,
            "row": row,
            "state": presenting.state_badge(row),
            "may_switch": self.has_switch_permission(request),
            "switch_url": reverse(f"admin:catalog_{self.opts.model_name}_switch", args=[row.pk]),
            "uses": uses.users_of(getattr(row, "ref", ""), find_workspace(request)),
            **self.detail_context(row),
        }
        return TemplateResponse(request, self.detail_template, context)

    def detail_context(self, row: Any) -> dict[str, Any]:
        """Return what the page shows besides the name and the switch."""
        return {}

    def switch_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Switch one row on or off."""
        row = presenting.found(self.get_object(request, str(object_id)), self.opts)
        enabled = request.POST.get("enabled") == "1"
        act(
            request,
            lambda: switches.set_enabled(row, actor=actor_of(request), enabled=enabled),
            done=f"{row.name} is switched {'on' if enabled else 'off'}.",
        )
        return HttpResponseRedirect(reverse(f"admin:catalog_{self.opts.model_name}_change", args=[row.pk]))

    @admin.action(description="Switch on", permissions=["switch"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Offer the chosen rows again."""
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Switch off", permissions=["switch"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Offer the chosen rows for nothing new; what is published goes on."""
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, rows: Iterable[Any], *, enabled: bool) -> None:
        actor = actor_of(request)
        count = sum(switches.set_enabled(row, actor=actor, enabled=enabled) for row in rows)
        self.message_user(
            request, f"{count} switched {'on' if enabled else 'off'}. What is published goes on."
        )

    @look.display(description="Status", ordering="enabled")
    def state(self, row: Any) -> SafeString:
        """Show whether it is offered."""
        return presenting.state_badge(row)


@admin.register(App)
class AppAdmin(CatalogAdmin):
    """The providers."""

    list_display = ("named", "category", "trigger_count", "action_count", "state")
    search_fields = ("name", "key", "category")
    detail_template = "catalog/app.html"

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[App]:
        rows: QuerySet[App] = super().get_queryset(request)
        offered = Q(actions__declared=True, actions__hidden=False)
        return rows.annotate(
            triggers_offered=Count("triggers", distinct=True, filter=Q(triggers__declared=True)),
            actions_offered=Count("actions", distinct=True, filter=offered),
        )

    @look.display(description="Name", ordering="name")
    def named(self, row: App) -> SafeString:
        """Name the app behind its logo."""
        return logos.named(row.name, row.color)

    @look.display(description="Triggers")
    def trigger_count(self, row: Any) -> int:
        """Count what can happen there."""
        return int(row.triggers_offered)

    @look.display(description="Actions")
    def action_count(self, row: Any) -> int:
        """Count what can be done there."""
        return int(row.actions_offered)

    @override
    def detail_context(self, row: App) -> dict[str, Any]:
        return {
            "fields": presenting.fields(row.declaration.get("auth", [])),
            "triggers": row.triggers.filter(declared=True),
            "actions": row.actions.filter(declared=True, hidden=False),
        }


@admin.register(Trigger)
class TriggerAdmin(CatalogAdmin):
    """What can happen."""

    list_display = ("name", "app", "ref", "events", "state")
    list_filter = (("app", look.RelatedDropdownFilter), ("enabled", look.BooleanRadioFilter))
    list_select_related = ("app",)
    search_fields = ("name", "ref", "description")
    detail_template = "catalog/trigger.html"

    @look.display(description="Events")
    def events(self, row: Trigger) -> str:
        """List the provider's own names."""
        return ", ".join(row.event_types)

    @override
    def detail_context(self, row: Trigger) -> dict[str, Any]:
        base = settings.PUBLIC_URL or "https://tandem.example.com"
        return {
            "fields": presenting.fields(row.declaration.get("fields", [])),
            "options": presenting.fields(row.declaration.get("options", [])),
            "sample": look.code_block(row.sample, label="Sample payload"),
            "addresses": [
                f"{base}/v1/webhooks/{name}/<token>"
                for name in (row.app.key, row.ref)
                if presenting.is_posted_to(row.app.key)
            ],
            "actions": Action.objects.filter(declared=True, hidden=False)
            .exclude(app=row.app)
            .select_related("app"),
        }


@admin.register(Action)
class ActionAdmin(CatalogAdmin):
    """What can be done."""

    list_display = ("name", "app", "ref", "does", "state")
    list_filter = (("app", look.RelatedDropdownFilter), ("enabled", look.BooleanRadioFilter))
    list_select_related = ("app",)
    search_fields = ("name", "ref", "description")
    detail_template = "catalog/action.html"

    @look.display(description="Does", ordering="effect")
    def does(self, row: Action) -> SafeString:
        """Say what kind of effect it has."""
        return presenting.effect_badge(row)

    @override
    def detail_context(self, row: Action) -> dict[str, Any]:
        return {
            "inputs": presenting.fields(row.declaration.get("inputs", [])),
            "outputs": presenting.fields(row.declaration.get("outputs", [])),
            "effect": presenting.effect_badge(row),
            "repeating": presenting.REPEATING.get(row.idempotency, ""),
            "triggers": Trigger.objects.filter(declared=True).exclude(app=row.app).select_related("app"),
        }
