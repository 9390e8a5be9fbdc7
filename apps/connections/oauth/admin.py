"""The operator's clients at providers: what makes an Authorize button appear. Superusers alone see them."""

from typing import Any, override

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.catalog import registry
from apps.catalog.spec import Pkce
from apps.common import look
from apps.common.errors import ServiceError
from apps.connections.oauth import clients
from apps.connections.oauth.models import OAuthClient, OAuthGrant
from apps.connections.presenting import app_name, masked_hint
from apps.workspaces.scoping import SharedAdmin, act, actor_of, is_superuser

LIST_ROUTE = "admin:connections_oauthclient_changelist"


class ClientForm(forms.Form):
    """A client's id and secret; the stored secret is never put into the page."""

    client_id = forms.CharField(max_length=200, widget=look.TextInput)
    secret = forms.CharField(max_length=500, required=False, widget=look.PasswordInput)

    def __init__(self, data: Any = None, *, row: OAuthClient) -> None:
        super().__init__(data, initial={"client_id": row.client_id})
        oauth = clients.oauth_of(row.app)
        self.fields["client_id"].label = oauth.client_id_label
        self.fields["secret"].label = oauth.secret_label
        if row.secret:
            self.fields[
                "secret"
            ].help_text = f"Leave empty to keep {masked_hint(row.hint)}. Another client id needs its own."
        if oauth.pkce is Pkce.WHERE_ENABLED:
            self.fields["pkce"] = forms.BooleanField(
                required=False,
                label="PKCE is enabled for this client at the provider",
                help_text="Leave it off unless the provider's page of the client says so. Enabling it there "
                "may not be undone, and is not needed here.",
                initial=row.pkce,
                widget=look.CheckboxInput,
            )
        if settings.EGRESS_ALLOW or row.base_url:
            self.fields["base_url"] = forms.CharField(
                required=False,
                max_length=200,
                label="Base address",
                initial=row.base_url,
                widget=look.TextInput,
                help_text="Only for a proxy or a test server, in place of the provider's own address. "
                f"This installation allows {', '.join(settings.EGRESS_ALLOW) or 'none'}.",
            )


@admin.register(OAuthClient)
class OAuthClientAdmin(SharedAdmin):
    """One client per app, for every workspace of the installation."""

    list_display = ("of_app", "client_id", "stored", "connections", "changed")
    ordering = ("app",)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    @override
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    @override
    def get_urls(self) -> list[URLPattern]:
        forget = self.admin_site.admin_view(require_POST(self.forget_view))
        name = "connections_oauthclient_forget"
        return [path("<int:object_id>/forget/", forget, name=name), *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._require(request)
        key = request.GET.get("app", "")
        known = OAuthClient.objects.filter(app=key).first()
        if known is not None:
            return HttpResponseRedirect(reverse("admin:connections_oauthclient_change", args=[known.pk]))
        if key not in {app.key for app in clients.apps_with_oauth()}:
            apps = clients.apps_with_oauth()
            context = self._context(request, title="Enter an OAuth client", apps=apps)
            return TemplateResponse(request, "connections/oauth/choose_app.html", context)
        return self._form_page(request, OAuthClient(app=key))

    @method_decorator(sensitive_post_parameters())
    @override
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self._form_page(request, self._found(request, object_id))

    def forget_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Forget a client that no connection lives on."""
        row = self._found(request, str(object_id))
        done = f"The OAuth client of {app_name(row.app)} is forgotten."
        act(request, lambda: clients.remove_client(row, actor=actor_of(request)), done=done)
        return HttpResponseRedirect(reverse(LIST_ROUTE))

    def _form_page(self, request: HttpRequest, row: OAuthClient) -> HttpResponse:
        form = ClientForm(request.POST if request.method == "POST" else None, row=row)
        if request.method == "POST" and form.is_valid() and self._saved(request, form, row):
            return HttpResponseRedirect(reverse(LIST_ROUTE))
        app = registry.get_app(row.app)
        context = self._context(
            request,
            title=f"OAuth client of {app.name}",
            form=form,
            row=row,
            app=app,
            oauth=app.auth.oauth,
            redirect_url=clients.redirect_url(row.app),
            not_https=clients.why_not_https(),
        )
        return TemplateResponse(request, "connections/oauth/client.html", context)

    def _saved(self, request: HttpRequest, form: ClientForm, row: OAuthClient) -> bool:
        given = form.cleaned_data
        try:
            clients.save_client(
                row,
                actor=actor_of(request),
                client_id=given["client_id"],
                secret=given["secret"],
                base_url=given.get("base_url", row.base_url),
                pkce=given.get("pkce", False),
            )
        except ServiceError as error:
            form.add_error(error.field if error.field in form.fields else None, error.as_text())
            return False
        name = app_name(row.app)
        messages.success(request, f"Stored. Connections to {name} now have an Authorize button.")
        return True

    def _found(self, request: HttpRequest, object_id: str) -> OAuthClient:
        self._require(request)
        row = self.get_object(request, object_id)
        if not isinstance(row, OAuthClient):
            raise Http404("There is no such OAuth client.")
        return row

    def _require(self, request: HttpRequest) -> None:
        if not is_superuser(request):
            raise PermissionDenied("Only an operator of this installation may enter an OAuth client.")

    def _context(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **context}

    @look.display(description="App", ordering="app")
    def of_app(self, row: OAuthClient) -> str:
        """Name the app."""
        return app_name(row.app)

    @look.display(description="Secret")
    def stored(self, row: OAuthClient) -> str:
        """Show the last four of the secret."""
        return masked_hint(row.hint)

    @look.display(description="Authorised connections")
    def connections(self, row: OAuthClient) -> int:
        """Count the connections that live on it."""
        grants = OAuthGrant.objects.filter(connection__app=row.app, client_id=row.client_id)
        return grants.exclude(connection__status="disconnected").count()

    @look.display(description="Changed", ordering="changed_at")
    def changed(self, row: OAuthClient) -> Any:
        """Say how long ago it was entered."""
        return look.when(row.changed_at)
