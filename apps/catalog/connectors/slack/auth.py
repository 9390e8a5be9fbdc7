"""How a Slack workspace is connected: an incoming webhook's address, or a bot token by hand or by OAuth.

Facts: https://docs.slack.dev/authentication/installing-with-oauth,
https://docs.slack.dev/reference/methods/oauth.v2.access,
https://docs.slack.dev/authentication/using-token-rotation,
https://docs.slack.dev/authentication/using-pkce
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.slack.client import API, read
from apps.catalog.connectors.slack.fields import CHANNEL_ID
from apps.catalog.errors import Permanent, wrong_value
from apps.catalog.spec import Account, Auth, Checked, ClientAuth, ClientKeys, Field, Granted, OAuth, Pkce
from apps.catalog.transport import Request, Send

DEADLINE = 10.0

# With rotating tokens a bot's begins with xoxe.xoxb-.
_BOT_TOKEN = r"(xoxe\.)?xoxb-[A-Za-z0-9-]{6,500}"  # noqa: S105 - a pattern.
_WEBHOOK = r"https://hooks\.slack\.com/services/[A-Za-z0-9_/-]{6,300}"
# Those of Workflow Builder take variables, no messages, and answer with JSON.
_WORKFLOW = r"https://hooks\.slack\.com/(workflows|triggers)/"

SCOPES = (
    "chat:write",
    "chat:write.public",
    "chat:write.customize",
    "channels:read",
    "groups:read",
    "users:read",
    "users:read.email",
)

FIELDS = (
    Field(
        key="bot_token",
        label="Bot token",
        secret=True,
        pattern=_BOT_TOKEN,
        help_text="At https://api.slack.com/apps choose or make an app, add the bot token scopes "
        f"{', '.join(SCOPES)} under OAuth & Permissions, install it to the workspace, and copy the "
        "Bot User OAuth Token. Starts with xoxb-.",
        example="xoxb-17653672481",
    ),
    Field(
        key="webhook_url",
        label="Incoming webhook address",
        secret=True,
        pattern=_WEBHOOK,
        help_text="Instead of a token, for one channel: in the app under Incoming Webhooks add one and copy "
        "its address, which is as good as a key. Starts with https://hooks.slack.com/services/.",
        example="https://hooks.slack.com/services/T0",
    ),
    Field(
        key="channel",
        label="Usual channel",
        pattern=CHANNEL_ID,
        help_text="With a bot token: the id of the channel for steps that choose none. In Slack it stands at "
        "the end of a channel's details, and begins with C.",
        example="C024BE91L",
    ),
)


def check(values: Mapping[str, str]) -> None:
    """Refuse values that can't work; raises `Permanent` with the field at fault."""
    token, webhook = values.get("bot_token", ""), values.get("webhook_url", "")
    if not token and not webhook:
        raise wrong_value(
            "bot_token",
            "Neither a bot token nor an incoming webhook's address is given.",
            "Paste a token that starts with xoxb-, or an address that starts with https://hooks.slack.com/services/.",
            code="required",
        )
    if token and not re.fullmatch(_BOT_TOKEN, token):
        said = "This is a user's token." if token.startswith("xoxp-") else "This is not a bot token of Slack."
        raise wrong_value("bot_token", said, "Copy the Bot User OAuth Token, which starts with xoxb-.")
    if re.match(_WORKFLOW, webhook):
        raise wrong_value(
            "webhook_url",
            "This address starts a workflow in Slack's Workflow Builder and takes no messages.",
            "Under Incoming Webhooks of a Slack app add one; its address starts with "
            "https://hooks.slack.com/services/.",
        )
    if webhook and not re.fullmatch(_WEBHOOK, webhook):
        raise wrong_value(
            "webhook_url",
            "This is not the address of an incoming webhook of Slack.",
            "Copy the whole address; it starts with https://hooks.slack.com/services/.",
        )
    channel = values.get("channel", "")
    if channel and not re.fullmatch(CHANNEL_ID, channel):
        raise wrong_value("channel", "This is not a channel's id.", "It begins with C, and is not the name.")


def test(account: Account, send: Send) -> Checked:
    """Ask whose token it is. An incoming webhook can't be tried without posting, and is not."""
    if not account.values.get("bot_token"):
        check(account.values)
        return Checked(
            "The incoming webhook is stored. Slack offers no way to try it without posting a message.",
        )
    answer = read(account, send, "auth.test", {}, deadline=DEADLINE)
    team, user = _text(answer, "team"), _text(answer, "user")
    return Checked(f"Connected to the Slack workspace “{team}” as {user or 'the app'}.")


def label(values: Mapping[str, str]) -> str:
    """Return how the account is connected."""
    return "bot" if values.get("bot_token") else "incoming webhook"


def read_grant(answer: Mapping[str, Any]) -> Granted:
    """Read what `oauth.v2.access` gave; raises `Permanent` for an answer without a bot token."""
    token = _text(answer, "access_token")
    if not re.fullmatch(_BOT_TOKEN, token):
        raise Permanent(
            "Slack granted no bot token.",
            code="no_bot_token",
            remedy="Add the bot token scopes under OAuth & Permissions of the Slack app.",
        )
    # An app that is installed for a whole organisation has no team, but an enterprise.
    whose = answer.get("team") if _text(answer.get("team"), "id") else answer.get("enterprise")
    expires = answer.get("expires_in")
    return Granted(
        values={"bot_token": token},
        account_id=_text(whose, "id"),
        account_name=_text(whose, "name"),
        refresh_token=_text(answer, "refresh_token"),
        expires_in=expires if isinstance(expires, int) and expires > 0 else None,
        scopes=tuple(_text(answer, "scope").replace(",", " ").split()),
    )


def refusal(answer: Mapping[str, Any]) -> str | None:
    """Return the code of an answer with `ok: false`."""
    return None if answer.get("ok") is True else (_text(answer, "error") or "unknown")


def revoke(keys: ClientKeys, granted: Granted) -> Request:
    """End a token (https://docs.slack.dev/reference/methods/auth.revoke)."""
    headers = {"Authorization": f"Bearer {granted.values.get('bot_token', '')}"}
    return Request("POST", f"{keys.base_url.rstrip('/') or API}/api/auth.revoke", headers)


def _text(answer: Any, key: str) -> str:
    value = answer.get(key) if isinstance(answer, Mapping) else None
    return value if isinstance(value, str) else ""


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values={"bot_token": "xoxb-sandbox-0000000000", "channel": "C024BE91L"},
    oauth=OAuth(
        authorize_url=f"{API}/oauth/v2/authorize",
        token_url=f"{API}/api/oauth.v2.access",
        scopes=SCOPES,
        scope_separator=",",
        read=read_grant,
        refusal=refusal,
        revoke=revoke,
        refreshes=True,
        client_auth=ClientAuth.BASIC,
        # Slack takes the proof only of apps that have PKCE enabled, which can't be undone.
        pkce=Pkce.WHERE_ENABLED,
        client_help="At https://api.slack.com/apps choose or make an app. Client ID and Client Secret stand "
        "under Basic Information › App Credentials; the redirect address is entered under OAuth & "
        "Permissions › Redirect URLs. Token rotation may be on or off. To connect other Slack workspaces "
        "than the app's own, activate public distribution.",
        docs_url="https://docs.slack.dev/authentication/installing-with-oauth",
    ),
)
