"""Inputs and outputs of Slack's actions."""

from apps.catalog.spec import Field, FieldType, Semantic

MAX_TEXT_BYTES = 40_000
"""Slack cuts a text behind 40,000 characters (https://docs.slack.dev/reference/methods/chat.postMessage)."""

CHANNEL_ID = r"[CGD][A-Z0-9]{2,40}"
TIME_STAMP = r"[0-9]{1,12}\.[0-9]{1,10}"


def escaped(text: str) -> str:
    """Return a text in which nothing is a link, a mention or a command to Slack.

    Exactly these three characters are escaped:
    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


TEXT = Field(
    key="text",
    label="Text",
    type=FieldType.LONG_TEXT,
    required=True,
    max_bytes=MAX_TEXT_BYTES,
    escape=escaped,
    semantic=Semantic.DESCRIPTION,
    help_text="In Slack's mrkdwn: *bold*, _italic_, <https://example.com|a link>, <!here>. "
    "What templates fill in is shown as it is: it can't mention anybody.",
    example="*Payment failed* for jane@example.com",
)
CHANNEL = Field(
    key="channel",
    label="Channel",
    pattern=CHANNEL_ID,
    options_from="list-channels",
    help_text="Where to post. Left empty, the connection's usual channel; an incoming webhook has its own.",
    example="C024BE91L",
)
THREAD = Field(
    key="thread_ts",
    label="Reply to",
    pattern=TIME_STAMP,
    help_text="The time stamp of the message to reply to, from the step that sent it.",
    example="1503435956.000247",
)
UNFURL = Field(
    key="unfurl_links",
    label="Show previews of links",
    type=FieldType.BOOLEAN,
    default=False,
    help_text="Whether Slack shows what links in the text lead to.",
    example=True,
)
USERNAME = Field(
    key="username",
    label="Shown name",
    max_bytes=80,
    help_text="In place of the app's name. Needs a bot token with the scope chat:write.customize.",
    example="Billing",
)
ICON = Field(
    key="icon_emoji",
    label="Shown icon",
    pattern=r":[a-z0-9_+'-]{1,100}:",
    help_text="An emoji in place of the app's icon. Needs a bot token with the scope chat:write.customize.",
    example=":moneybag:",
)
EMAIL = Field(
    key="email",
    label="E-mail",
    type=FieldType.EMAIL,
    required=True,
    semantic=Semantic.EMAIL,
    help_text="The address with which the person is a member of the Slack workspace.",
    example="jane@example.com",
)
USER = Field(
    key="user",
    label="Person",
    pattern=r"[UW][A-Z0-9]{2,40}",
    help_text="The person's id in Slack, from Find User.",
    example="U024BE7LH",
)
TS = Field(
    key="ts",
    label="Message",
    required=True,
    pattern=TIME_STAMP,
    help_text="The time stamp of the message, from the step that sent it.",
    example="1503435956.000247",
)

SENT = (
    Field(
        key="channel",
        label="Channel",
        help_text="The id of the channel; null after an incoming webhook.",
        example="C024BE91L",
    ),
    Field(
        key="ts",
        label="Message",
        help_text="The message's time stamp, by which replies and changes name it; "
        "null after an incoming webhook.",
        example="1503435956.000247",
    ),
)
PERSON = (
    Field(key="user", label="Person", help_text="The person's id in Slack.", example="U024BE7LH"),
    Field(
        key="name",
        label="Name",
        semantic=Semantic.FULL_NAME,
        help_text="The person's full name.",
        example="Jane Doe",
    ),
    Field(
        key="email",
        label="E-mail",
        type=FieldType.EMAIL,
        semantic=Semantic.EMAIL,
        help_text="The person's address, as Slack knows it.",
        example="jane@example.com",
    ),
    Field(key="handle", label="Handle", help_text="The name that is mentioned with @.", example="jane"),
    Field(key="time_zone", label="Time zone", help_text="Where the person is.", example="Europe/Amsterdam"),
    Field(
        key="deactivated",
        label="Deactivated",
        type=FieldType.BOOLEAN,
        help_text="True for somebody who has left the workspace.",
        example=False,
    ),
)
CHANNELS = (
    Field(
        key="options",
        label="Options",
        type=FieldType.LIST,
        help_text="Rows of `value` and `label`.",
        example=[{"value": "C024BE91L", "label": "#billing"}],
    ),
)
SEARCH = Field(key="search", label="Search", help_text="A part of the channel's name.", example="billing")
