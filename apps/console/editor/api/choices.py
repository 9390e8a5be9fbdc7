"""The lists that inputs offer, fetched from the connected account."""

from django.http import HttpResponse

from apps.common.errors import ValidationFailed
from apps.console.editor.calling import Call, Route
from apps.console.pages.choices import answer_for
from apps.workspaces.roles import Permission


def choices(call: Call) -> HttpResponse:
    """Answer what an input's list has; calls the provider unless it was asked the same a moment ago."""
    trigger = call.text("trigger", default="")
    action = call.text("action", default="")
    if not (trigger or action):
        raise ValidationFailed("Name the action or the trigger.", code="malformed", field="action")
    return answer_for(
        call.workflow,
        action=action,
        trigger=trigger,
        field=call.text("field"),
        connection=call.text("connection"),
        search=call.text("search", default=""),
        value=call.text("value", default=""),
    )


ROUTES = (Route("POST", "choices", Permission.EDIT_WORKFLOWS, choices),)
