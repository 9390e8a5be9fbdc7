"""Forgetting a person, for people: asked with care, done by the worker, told what was done."""

from typing import Any, override

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from apps.common import look
from apps.common.errors import ServiceError
from apps.webhooks.forgetting import services
from apps.webhooks.forgetting.models import Erasure
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import WorkspaceAdmin, current_workspace, require_permission

_INPUT = {"class": "td-input"}


class ForgetForm(forms.Form):
    """Who is to be forgotten, typed whole and confirmed."""

    who = forms.CharField(
        label="E-mail address or person's id",
        max_length=services.LONGEST,
        widget=forms.TextInput(attrs={**_INPUT, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Whole, as the provider writes it. Runs are found by it, and every event that names it.",
    )
    cancel = forms.BooleanField(
        label="Cancel their unfinished runs",
        required=False,
        help_text="Without it, nothing is done while runs about this person have not ended.",
    )
    sure = forms.BooleanField(label="I know that this can't be undone")


@admin.register(Erasure)
class ErasureAdmin(WorkspaceAdmin):
    """People who were forgotten in the workspace; of them only a hint is kept."""

    view_permission = Permission.FORGET
    add_permission = Permission.FORGET
    list_display = ("hint", "state", "asked_by", "asked")
    list_filter = (("status", look.ChoicesDropdownFilter),)
    fields = ("hint", "state", "asked_by", "asked", "ended", "done")
    readonly_fields = fields
    sortable_by = ()

    @look.display(description="Status")
    def state(self, row: Erasure) -> SafeString:
        """Show the status."""
        tone = "success" if row.status == Erasure.Status.DONE else "info"
        return look.badge(row.status, row.get_status_display(), tone=tone)

    @look.display(description="Asked")
    def asked(self, row: Erasure) -> SafeString:
        """Show when it was asked for."""
        return look.when(row.asked_at)

    @look.display(description="Done at")
    def ended(self, row: Erasure) -> SafeString:
        """Show when it was done."""
        return look.when(row.done_at)

    @look.display(description="What was done")
    def done(self, row: Erasure) -> SafeString:
        """Say how much was emptied or deleted, and what stays."""
        if row.status == Erasure.Status.WORKING:
            return look.empty("The worker is at it. Runs that are about the person must end first.")
        rows = [(name.capitalize(), f"{number:,}") for name, number in row.found.items()]
        stays = (
            "Runs with their times and status, keys of effects, the audit trail, workflows and test cases."
        )
        return look.kv_table([*rows, ("What stays", stays)], caption="Emptied or deleted")

    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return require_http_methods(["GET", "HEAD", "POST"])(self._add)(request)

    def _add(self, request: HttpRequest) -> HttpResponse:
        actor = require_permission(request, Permission.FORGET)
        form = ForgetForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                made = services.forget(
                    current_workspace(request),
                    actor=actor,
                    who=form.cleaned_data["who"],
                    cancel=form.cleaned_data["cancel"],
                )
            except ServiceError as error:
                form.add_error(error.field if error.field in form.fields else None, error.as_text())
            else:
                return HttpResponseRedirect(made.get_absolute_url())
        context = {
            **self.admin_site.each_context(request),
            "title": "Forget a person",
            "opts": self.opts,
            "form": form,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "webhooks/forget.html", context, status=status)
