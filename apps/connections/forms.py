"""Forms made from what an app declares about its accounts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from apps.catalog.spec import App, Field
from apps.common import look
from apps.common.errors import ServiceError
from apps.connections.entries import takes_base_url
from apps.connections.models import Connection
from apps.connections.presenting import masked_hint

PREFIX = "auth_"
REMOVE_PREFIX = "remove_"


class ConnectionForm(forms.Form):
    """Name, the app's own fields, and a base address where the installation allows any.

    A secret is never put into the page: an empty field keeps what is stored.
    """

    name = forms.CharField(max_length=80, label="Name", widget=look.TextInput)

    def __init__(
        self, data: Any = None, *, app: App, connection: Connection | None = None, sandbox: bool = False
    ) -> None:
        super().__init__(
            data, initial={"name": connection.name if connection else _suggested(app, sandbox=sandbox)}
        )
        self.fields["name"].help_text = "How it is called in workflows, for example “Stripe live”."
        self._app, self._connection = app, connection
        if sandbox:
            return
        for field in app.auth.fields:
            self.fields[PREFIX + field.key] = _form_field(field, connection)
            if connection and field.secret and not field.required and field.key in connection.hints:
                self.fields[REMOVE_PREFIX + field.key] = forms.BooleanField(
                    required=False,
                    label=f"Forget the stored {field.label.lower()}",
                    widget=look.CheckboxInput,
                )
        if not takes_base_url(app):
            return
        if settings.EGRESS_ALLOW or (connection and connection.base_url):
            self.fields["base_url"] = _base_url_field(connection)

    @property
    def values(self) -> dict[str, str]:
        """Return what was entered, by the app's own keys."""
        return {
            key.removeprefix(PREFIX): value
            for key, value in self.cleaned_data.items()
            if key.startswith(PREFIX)
        }

    @property
    def removed(self) -> list[str]:
        """Return the keys of the secrets to forget, and of the values that were emptied."""
        forgotten = [
            key.removeprefix(REMOVE_PREFIX)
            for key, value in self.cleaned_data.items()
            if key.startswith(REMOVE_PREFIX) and value
        ]
        known = self._connection.values if self._connection else {}
        return [*forgotten, *(key for key, value in self.values.items() if key in known and not value)]

    def show(self, error: ServiceError) -> None:
        """Put a service's refusal at the field that it names."""
        names = [PREFIX + (error.field or ""), error.field or ""]
        self.add_error(next((name for name in names if name in self.fields), None), error.as_text())


class SecretForm(forms.Form):
    """One signing secret, pasted by hand."""

    secret = forms.CharField(max_length=2000, widget=look.PasswordInput, strip=True)


def _form_field(field: Field, connection: Connection | None) -> forms.Field:
    hint = (connection.hints if connection else {}).get(field.key)
    help_text = field.help_text
    if hint is not None:
        help_text = f"Leave empty to keep {masked_hint(hint)}. {help_text}"
    initial = "" if field.secret or connection is None else connection.values.get(field.key, "")
    common: dict[str, Any] = {
        "label": field.label,
        "help_text": help_text,
        "required": field.required and hint is None,
        "initial": initial,
    }
    if field.choices:
        options: Iterable[tuple[str, str]] = ((each.value, each.label) for each in field.choices)
        open_choice = "Choose one" if field.required else "Left open"
        return forms.ChoiceField(choices=[("", open_choice), *options], widget=look.Select, **common)
    attrs = (
        {}
        if field.example is None
        else {"placeholder": f"{field.example}…" if field.secret else field.example}
    )
    widget = look.PasswordInput(attrs=attrs) if field.secret else look.TextInput(attrs=attrs)
    return forms.CharField(max_length=2000, widget=widget, **common)


def _base_url_field(connection: Connection | None) -> forms.Field:
    return forms.CharField(
        required=False,
        max_length=200,
        label="Base address",
        widget=look.TextInput,
        initial=connection.base_url if connection else "",
        help_text="Only for a proxy or a test server, in place of the provider's own address. "
        f"This installation allows {', '.join(settings.EGRESS_ALLOW) or 'none'}. "
        "Changing it asks for every key again.",
    )


def _suggested(app: App, *, sandbox: bool) -> str:
    return f"{app.name} sandbox" if sandbox else ""
