"""Inputs and outputs of the actions that track events."""

from apps.catalog.connectors.customerio import limits
from apps.catalog.connectors.customerio.fields.people import IDENTIFIER, PERSON_OUTPUTS
from apps.catalog.spec import Choice, Field, FieldType, Semantic

_TYPE = Field(
    key="type",
    label="Kind of event",
    type=FieldType.CHOICE,
    choices=(
        Choice(value="event", label="Event"),
        Choice(value="page", label="Page view"),
        Choice(value="screen", label="Screen view"),
    ),
    example="page",
    help_text="A view carries the page's address, or the screen, as its name. Without a choice, an event.",
)
TRACK_INPUTS = (
    IDENTIFIER,
    Field(
        key="name",
        label="Event name",
        required=True,
        max_bytes=limits.MAX_EVENT_NAME,
        semantic=Semantic.EVENT_NAME,
        example="payment_failed",
        help_text="By custom in small letters with underscores. Spaces around it are cut off.",
    ),
    Field(
        key="data",
        label="Data",
        type=FieldType.OBJECT,
        semantic=Semantic.EVENT_DATA,
        example={"amount": 4200, "currency": "eur", "failure_code": "card_declined"},
        help_text="What campaigns can use as {{ event.… }}; up to 100,000 bytes of JSON.",
    ),
    Field(
        key="timestamp",
        label="Timestamp",
        type=FieldType.TIME,
        unit="seconds",
        semantic=Semantic.TIME,
        example=1_764_028_800,
        help_text=(
            "When it happened; by default the time of the triggering event. "
            "Events older than 72 hours start no campaign."
        ),
    ),
    Field(
        key="allow_recipient_override",
        label="Let data choose the recipient",
        type=FieldType.BOOLEAN,
        default=False,
        danger=(
            "The keys recipient, from_address and reply_to in the data then replace the recipient and "
            "sender of every campaign that this event starts."
        ),
        help_text="Off: data with the keys recipient, from_address or reply_to is refused.",
    ),
    _TYPE,
)
TRACK_OUTPUTS = (
    Field(
        key="event_id",
        label="Event id",
        example="01KAVKKBG02R7ZGF4DMNNKQZ4X",
        help_text="The ULID by which Customer.io ignores a repeated event.",
    ),
    PERSON_OUTPUTS[0],
    Field(
        key="timestamp",
        label="Timestamp",
        type=FieldType.TIME,
        unit="seconds",
        example=1_764_028_800,
        help_text="When the event happened, as it was sent.",
    ),
)

ANONYMOUS_ID = Field(
    key="anonymous_id",
    label="Anonymous id",
    required=True,
    max_bytes=limits.MAX_IDENTIFIER,
    example="visitor-7f3a",
    help_text=(
        "Your own id of a visitor who is not known yet. The events of the last 30 days are joined to the "
        "person who gets it as the attribute anonymous_id, if the workspace merges them."
    ),
)
ANONYMOUS_INPUTS = (ANONYMOUS_ID, *(each for each in TRACK_INPUTS[1:] if each is not _TYPE))
ANONYMOUS_OUTPUTS = (
    TRACK_OUTPUTS[0],
    Field(
        key="anonymous_id",
        label="Anonymous id",
        example="visitor-7f3a",
        help_text="The visitor that was named.",
    ),
    TRACK_OUTPUTS[2],
)
