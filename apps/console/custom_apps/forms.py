"""What the forms of an own app ask: who it is, how it is called, how its events come."""

from apps.console.custom_apps.choices import (
    ALGORITHMS,
    ENCODINGS,
    ID_PLACES,
    SIGNING,
    TYPE_PLACES,
    VERIFICATIONS,
)
from apps.console.custom_apps.controls import Control, Group, Rows

ABOUT = Group(
    "About the app",
    (
        Control("name", "Name", required=True, placeholder="Corner Shop"),
        Control(
            "key",
            "Key",
            placeholder="cornershop",
            help="Small letters and digits; in addresses and references. Made from the name where it is "
            "empty, and never changed afterwards.",
        ),
        Control("description", "Description", "area", help="One sentence for the lists."),
        Control("color", "Colour", "color"),
        Control("docs_url", "Documentation", placeholder="https://docs.example.com/api"),
    ),
)
CONNECTING = Group(
    "How it is called",
    (
        Control(
            "base_url",
            "Base address",
            required=True,
            placeholder="https://api.example.com/v1",
            help="Scheme and host, and a port or path where needed. Every action's path follows it. "
            "Changing it later asks for every connection's keys again.",
        ),
        Rows(
            "auth",
            "What a connection asks for",
            (
                Control("label", "Label", required=True, placeholder="API key"),
                Control("secret", "Secret", "check", reads="bool"),
                Control("required", "Required", "check", reads="bool"),
                Control("key", "Key", placeholder="api_key", help="Made from the label where it is empty."),
                Control("help_text", "Help", "area", help="Say where it is found.", wide=True),
            ),
            help="Secrets are stored encrypted with each connection and never in the app itself. "
            "What is not secret can be used in templates: {{ connection.key }}",
            add="Add a field",
        ),
        Control("signing.kind", "Requests are signed by", "select", choices=SIGNING),
        Control(
            "signing.field",
            "Key of the field that is sent",
            placeholder="api_key",
            help="The first secret one where it is empty.",
            shown_for="signing.kind=bearer|basic|header|query",
        ),
        Control(
            "signing.user_field",
            "Key of the field with the user",
            help="Empty sends no user.",
            shown_for="signing.kind=basic",
        ),
        Control(
            "signing.name",
            "Name of the header or parameter",
            placeholder="X-Api-Key",
            shown_for="signing.kind=header|query",
        ),
        Control(
            "signing.prefix",
            "Text before it in the header",
            reads="raw",
            placeholder="Token ",
            shown_for="signing.kind=header",
        ),
        Control(
            "test_path",
            "Path of the test call",
            placeholder="/me",
            help="A cheap GET that needs the key; it tests every connection. "
            "Needed as soon as there are actions.",
        ),
    ),
)
BASICS = (ABOUT, CONNECTING)

WEBHOOK = (
    Group(
        "Who sent it",
        (
            Control("verification.kind", "Verification", "select", choices=VERIFICATIONS),
            Control(
                "verification.header",
                "Header",
                placeholder="X-Signature",
                shown_for="verification.kind=hmac|shared_secret",
            ),
            Control(
                "verification.prefix",
                "Text before it in the header",
                reads="raw",
                placeholder="sha256=",
                shown_for="verification.kind=hmac|shared_secret",
            ),
            Control(
                "verification.algorithm",
                "Algorithm",
                "select",
                choices=ALGORITHMS,
                shown_for="verification.kind=hmac",
            ),
            Control(
                "verification.encoding",
                "Encoding",
                "select",
                choices=ENCODINGS,
                shown_for="verification.kind=hmac",
            ),
            Control(
                "verification.timestamp_header",
                "Header with the time",
                placeholder="X-Timestamp",
                help="Empty where the time is not signed.",
                shown_for="verification.kind=hmac",
            ),
            Control(
                "verification.signed",
                "What is signed with the time",
                placeholder="{timestamp}.{body}",
                shown_for="verification.kind=hmac",
            ),
            Control(
                "verification.tolerance",
                "Seconds that the time may be off",
                placeholder="300",
                help="At least 1. For any time leave the header of the time empty.",
                shown_for="verification.kind=hmac",
            ),
        ),
        help="Each connection keeps its own signing secret. What does not verify is refused and counted.",
    ),
    Group(
        "What it says",
        (
            Control("event_type.kind", "The event's type is", "select", choices=TYPE_PLACES),
            Control("event_type.value", "Path, header or text", placeholder="type"),
            Control("event_id.kind", "The event's id is", "select", choices=ID_PLACES),
            Control(
                "event_id.value",
                "Path or header",
                placeholder="id",
                help="By its id an event that is sent twice runs once. No signature covers a header.",
                shown_for="event_id.kind=path|header",
            ),
            Control(
                "occurred_at",
                "Path of the time",
                placeholder="created_at",
                help="Unix seconds, milliseconds or ISO 8601. Empty takes the moment of arrival.",
            ),
            Control(
                "help_text",
                "How it is registered",
                "area",
                help="Shown to whoever connects an account: where the address is entered in the app.",
                wide=True,
            ),
        ),
    ),
)
