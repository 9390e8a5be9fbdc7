"""Schedule: workflows that start by the clock. It is part of the installation and needs no account."""

from pathlib import Path

from apps.catalog.connectors.schedule import event, nowhere
from apps.catalog.connectors.schedule.triggers import TRIGGERS
from apps.catalog.spec import App, Auth, WebhookScheme

APP = App(
    key="schedule",
    name="Schedule",
    description="Starts a workflow at set times or every so often, in a time zone of your choice.",
    category="Built in",
    color="#5b4bc4",
    docs_url="https://www.iana.org/time-zones",
    auth=Auth(
        fields=(),
        test=nowhere.test,
        check=nowhere.check,
        label=nowhere.label,
        sandbox_values={},
    ),
    triggers=TRIGGERS,
    actions=(),
    webhook=WebhookScheme(
        verify=nowhere.verify,
        read_event=event.read_event,
        sign=nowhere.sign,
        refresh_sample=event.refresh_sample,
        new_event_id=event.new_event_id,
        new_secret=nowhere.new_secret,
        secret_field="",
        manual_help="Nothing is registered anywhere: the worker looks at its clock.",
        internal=True,
    ),
    sandbox=nowhere.handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
