"""What Slack's error codes mean for the call: ask a person, repeat, or give up and say why.

Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors and the
same section of every other method.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.responses import retry_after, shown
from apps.catalog.transport import Response

_REFUSED_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_allowed_token_type",
    }
)
_AGAIN = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})

_INVITE = "Invite the app to the channel in Slack (/invite), or choose another channel."
_CHANNEL = "Choose a channel from the list; a private one shows only where the app was invited to it."
_SHORTER = "Shorten the text."

# Code: what is wrong, what to do, the field at fault.
_PERMANENT: dict[str, tuple[str, str, str | None]] = {
    "channel_not_found": ("there is no such channel, or the app may not see it", _CHANNEL, "channel"),
    "not_in_channel": ("the app is not in this channel", _INVITE, "channel"),
    "is_archived": ("this channel is archived", "Choose another channel.", "channel"),
    "restricted_action": (
        "the workspace does not let apps post there",
        "Choose another channel, or ask an admin of the Slack workspace.",
        "channel",
    ),
    "msg_too_long": ("the text is too long", _SHORTER, "text"),
    "no_text": ("the message has no text", "Fill in the text.", "text"),
    "users_not_found": ("nobody in the workspace has this e-mail address", "Check the address.", "email"),
    "user_not_found": ("there is no such person", "Check the id.", "user"),
    "message_not_found": (
        "there is no such message",
        "Take channel and time stamp from the step that sent it.",
        "ts",
    ),
    "cant_update_message": (
        "the app may not change this message",
        "Only messages that this app has sent can be changed.",
        "ts",
    ),
    "edit_window_closed": (
        "the message is too old to be changed",
        "The workspace's settings say how long messages can be changed.",
        "ts",
    ),
    "thread_not_found": ("there is no such thread", "Take the time stamp of a message there.", "thread_ts"),
    "invalid_thread_ts": (
        "this is not a message's time stamp",
        "It looks like 1700000000.000100.",
        "thread_ts",
    ),
}


def of_code(code: str, answer: Mapping[str, Any], response: Response) -> CallError:
    """Return the error for `ok: false`."""
    if code in _REFUSED_TOKEN:
        return NeedsHuman(
            f"Slack refused the bot token ({code}).",
            code="unauthorized",
            remedy="Authorize the connection again, or paste the app's bot token anew.",
            status=401,
        )
    if code in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return Retryable(
            "Slack asks to slow down.",
            code="rate_limited",
            certainty=Certainty.NOT_DONE,
            after=retry_after(response.headers),
            status=response.status,
        )
    if code in _AGAIN:
        # Slack's own words: some aspect of the operation may have succeeded before the error.
        return Retryable(
            f"Slack could not do it now ({code}).",
            code="provider_error",
            certainty=Certainty.UNCERTAIN,
            status=response.status,
        )
    if code == "missing_scope":
        return _missing_scope(answer, response)
    said, remedy, field = _PERMANENT.get(code, ("", "Look the code up in Slack's documentation.", None))
    name = shown(code)
    message = f"Slack refused: {said} ({name})." if said else f"Slack refused ({name})."
    return Permanent(message, code=name[:60], remedy=remedy, status=response.status, field=field)


def of_webhook(word: str, status: int) -> CallError | None:
    """Return the error for an incoming webhook's word, None for one that is not known."""
    if word in ("no_service", "no_team", "invalid_token", "no_service_id", "team_disabled"):
        return NeedsHuman(
            f"Slack does not know this incoming webhook any more ({word}).",
            code="unauthorized",
            remedy="Make a new incoming webhook in Slack and paste its address under Reconnect.",
            status=status,
        )
    known = {
        "channel_is_archived": ("The webhook's channel is archived.", "Make a webhook for another channel."),
        "channel_not_found": ("The webhook's channel is gone.", "Make a webhook for another channel."),
        "action_prohibited": (
            "The workspace does not let this webhook post.",
            "Ask an admin of the Slack workspace.",
        ),
        "posting_to_general_channel_denied": (
            "The workspace does not let apps post to this channel.",
            "Make a webhook for another channel.",
        ),
        "no_text": ("The message has no text.", "Fill in the text."),
        "too_many_attachments": ("The message has too many attachments.", _SHORTER),
        "invalid_payload": ("Slack could not read the message.", "Look at the request in the run log."),
    }.get(word)
    if known is None:
        return None
    return Permanent(f"{known[0]} ({word})", code=word, remedy=known[1], status=status)


def _missing_scope(answer: Mapping[str, Any], response: Response) -> Permanent:
    needed = answer.get("needed")
    scope = shown(needed)[:120] if isinstance(needed, str) and needed else "that this call needs"
    return Permanent(
        f"The app lacks a scope in Slack: {scope}.",
        code="missing_scope",
        remedy="Add it under OAuth & Permissions of the Slack app, install the app again, "
        "then authorize the connection again or paste the token anew.",
        status=response.status,
    )
