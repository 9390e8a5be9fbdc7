"""The form of a channel. A secret is never put into the page: an empty field keeps what is stored."""

from typing import Any

from django import forms

from apps.alerts import sealed
from apps.alerts.carrying import MAIL_APP
from apps.alerts.channels import Wishes
from apps.alerts.kinds import MEANINGS, Severity
from apps.alerts.models import Channel
from apps.common import look
from apps.common.errors import ServiceError
from apps.connections.models import Connection
from apps.workspaces.models import Workspace

_URL_HELP = {
    Channel.Kind.SLACK: "In Slack: Apps → Incoming Webhooks → Add to Slack → copy the webhook URL. "
    "It begins with https://hooks.slack.com/.",
    Channel.Kind.WEBHOOK: "An https:// address that takes a POST with JSON and answers 2xx.",
}
_PERIODS = ((5, "5 minutes"), (15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day"))


class ChannelForm(forms.Form):
    """What a channel is to be; which fields there are depends on its kind."""

    name = forms.CharField(max_length=80, label="Name", widget=look.TextInput)

    def __init__(
        self, data: Any = None, *, workspace: Workspace, kind: str, channel: Channel | None = None
    ) -> None:
        super().__init__(data, initial=_initial(channel, kind))
        self._kind, self._channel = Channel.Kind(kind), channel
        if self._kind == Channel.Kind.EMAIL:
            self._add_mail_fields(workspace)
        else:
            self._add_address_fields()
        self._add_choices()

    def _add_mail_fields(self, workspace: Workspace) -> None:
        self.fields["recipients"] = forms.CharField(
            label="Recipients",
            widget=look.Textarea(attrs={"rows": 2}),
            help_text="E-mail addresses, parted by commas. At most 20.",
        )
        connections = Connection.objects.usable().filter(workspace=workspace, app=MAIL_APP)
        self.fields["connection"] = forms.ModelChoiceField(
            queryset=connections.order_by("name"),
            required=False,
            empty_label="The first mail server of the workspace",
            label="Sent by",
            widget=look.Select,
            help_text=""
            if connections.exists()
            else "No mail server is connected yet. Add a connection of the app “Email” under Connections.",
        )

    def _add_address_fields(self) -> None:
        known = self._channel if self._channel is not None and self._channel.secret else None
        stored = known is not None
        kept = f" Stored: {known.host} …{known.hint}. Empty keeps it." if known else ""
        self.fields["url"] = forms.CharField(
            label="Webhook URL" if self._kind == Channel.Kind.SLACK else "Address",
            max_length=2000,
            required=not stored,
            widget=look.PasswordInput(attrs={"autocomplete": "off"}) if stored else look.TextInput,
            help_text=_URL_HELP[self._kind] + kept,
        )
        if self._kind == Channel.Kind.WEBHOOK:
            self.fields["signing_secret"] = forms.CharField(
                label="Signing secret",
                max_length=200,
                required=not stored,
                initial="" if stored else sealed.new_signing_secret(),
                widget=look.PasswordInput(attrs={"autocomplete": "off"}) if stored else look.TextInput,
                help_text="Empty keeps the stored one; a new address needs it again."
                if stored
                else "Copy it to the receiver now: it is not shown again. Messages are signed as "
                "Standard Webhooks says, so any of its libraries verifies them.",
            )

    def _add_choices(self) -> None:
        self.fields["kinds"] = forms.MultipleChoiceField(
            choices=[(kind.value, meaning.label) for kind, meaning in MEANINGS.items()],
            required=False,
            label="Only these kinds",
            widget=forms.CheckboxSelectMultiple,
            help_text="None chosen means all of them.",
        )
        self.fields["min_severity"] = forms.ChoiceField(
            choices=Severity.choices, label="From this severity on", widget=look.Select
        )
        chosen = self._channel.period_minutes if self._channel else 60
        known = dict(_PERIODS)
        periods = [*_PERIODS, *([] if chosen in known else [(chosen, f"{chosen} minutes")])]
        self.fields["period_minutes"] = forms.TypedChoiceField(
            choices=sorted(periods),
            coerce=int,
            label="About the same alert at most every",
            widget=look.Select,
            help_text="What happens in between is counted in the next message.",
        )
        self.fields["tell_resolved"] = forms.BooleanField(
            required=False, label="Also say when it is over", widget=look.CheckboxInput
        )
        self.fields["enabled"] = forms.BooleanField(
            required=False, label="Switched on", widget=look.CheckboxInput
        )

    @property
    def wishes(self) -> Wishes:
        """Return what was entered."""
        return Wishes(**self.cleaned_data)

    def show(self, error: ServiceError) -> None:
        """Put a service's refusal beside its field."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, f"{error.message} {error.remedy}".strip())


def _initial(channel: Channel | None, kind: str) -> dict[str, Any]:
    if channel is None:
        name = {"email": "E-mail", "slack": "Slack", "webhook": "Webhook"}[kind]
        return {
            "name": name,
            "min_severity": Severity.WARNING,
            "period_minutes": 60,
            "tell_resolved": True,
            "enabled": True,
        }
    return {
        "name": channel.name,
        "recipients": ", ".join(channel.recipients),
        "connection": channel.connection_id,
        "kinds": channel.kinds,
        "min_severity": channel.min_severity,
        "period_minutes": channel.period_minutes,
        "tell_resolved": channel.tell_resolved,
        "enabled": channel.enabled,
    }
