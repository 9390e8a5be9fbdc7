"""Inputs and outputs of the actions about people."""

from apps.catalog.connectors.customerio import identifiers, limits
from apps.catalog.spec import Choice, Field, FieldType, Semantic

IDENTIFIER = Field(
    key="identifier",
    label="Identifier",
    required=True,
    max_bytes=limits.MAX_IDENTIFIER,
    semantic=Semantic.PERSON_ID,
    example="pat@example.com",
    help_text=(
        "The person's id, e-mail, or cio_ followed by the Customer.io id. "
        "Customer.io judges the kind from its shape; a phone number counts as an id."
    ),
)

IDENTIFY_INPUTS = (
    IDENTIFIER,
    Field(
        key="email",
        label="Email",
        type=FieldType.EMAIL,
        semantic=Semantic.EMAIL,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="pat@example.com",
        help_text=(
            "Once set, an e-mail can be changed only for a person named by cio_. An e-mail that belongs to "
            "another person is accepted and then ignored; Customer.io's activity log shows it."
        ),
    ),
    Field(
        key="first_name",
        label="First name",
        semantic=Semantic.FIRST_NAME,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="Pat",
        help_text="The attribute first_name, for greetings.",
    ),
    Field(
        key="last_name",
        label="Last name",
        semantic=Semantic.LAST_NAME,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="Doe",
        help_text="The attribute last_name.",
    ),
    Field(
        key="plan",
        label="Plan",
        semantic=Semantic.PLAN,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="pro",
        help_text="The attribute plan: what the person subscribes to.",
    ),
    Field(
        key="created_at",
        label="Created at",
        type=FieldType.TIME,
        unit="seconds",
        semantic=Semantic.CREATED_AT,
        example=1_764_028_800,
        help_text="When the person signed up. Every call sets it anew: map it only where that is right.",
    ),
    Field(
        key="attributes",
        label="Attributes",
        type=FieldType.OBJECT,
        example={"stripe_customer_id": "cus_NffrFeUfNV2Hib", "subscription_status": "past_due"},
        help_text=(
            "Anything else to keep about the person: up to 300 attributes of 1,000 bytes. Names that end in "
            "_at take unix seconds. An attribute without a value is left as it is; an empty text is sent."
        ),
    ),
    Field(
        key="update_only",
        label="Never create a person",
        type=FieldType.BOOLEAN,
        default=False,
        help_text="On: an unknown identifier changes nothing and Customer.io reports no error.",
    ),
)
PERSON_OUTPUTS = (
    Field(
        key="identifier",
        label="Identifier",
        semantic=Semantic.PERSON_ID,
        example="pat@example.com",
        help_text="The person that was named.",
    ),
)

ID_TYPES = (
    Choice(value="email", label="E-mail"),
    Choice(value="id", label="Person id"),
    Choice(value="cio_id", label="Customer.io id"),
)


def id_type(key: str = "id_type", label: str = "Kind of identifier") -> Field:
    """Return the input that says what an identifier is; nothing is judged from its shape."""
    return Field(
        key=key,
        label=label,
        type=FieldType.CHOICE,
        choices=ID_TYPES,
        default="email",
        example="email",
        help_text="What the identifier is. A person's e-mail serves only where the workspace uses e-mails.",
    )


def named(key: str, label: str, help_text: str, *, semantic: Semantic | None = None) -> Field:
    """Return an identifier whose kind another input tells."""
    return Field(
        key=key,
        label=label,
        required=True,
        max_bytes=limits.MAX_IDENTIFIER,
        semantic=semantic,
        example="pat@example.com",
        help_text=help_text,
    )


SEGMENT_INPUTS = (
    Field(
        key="segment_id",
        label="Segment",
        required=True,
        options_from="list-segments",
        pattern=identifiers.NUMBER,
        example="7",
        help_text="The number of a manual segment; others fill themselves by their conditions.",
    ),
    named("identifier", "Person", "Somebody unknown is passed over.", semantic=Semantic.PERSON_ID),
    id_type(),
    Field(
        key="more_identifiers",
        label="More people",
        type=FieldType.LIST,
        example=["kim@example.com"],
        help_text="A list of further identifiers of the same kind; all together at most 1,000.",
    ),
)
SEGMENT_OUTPUTS = (
    Field(key="segment_id", label="Segment", example="7", help_text="The segment's number."),
    Field(
        key="count",
        label="People named",
        type=FieldType.INTEGER,
        example=1,
        help_text="How many people were named; Customer.io does not tell how many it knows.",
    ),
)

MERGE_INPUTS = (
    named("primary", "Person to keep", "Keeps its own attributes where both have one."),
    id_type("primary_type", "Kind of the first"),
    named(
        "secondary", "Person to merge into it", "Is deleted; its attributes, events and messages move over."
    ).model_copy(update={"example": "kim@example.com"}),
    id_type("secondary_type", "Kind of the second"),
)
MERGE_OUTPUTS = (
    Field(key="primary", label="Person kept", example="pat@example.com", help_text="The one that is left."),
    Field(
        key="secondary",
        label="Person merged",
        example="kim@example.com",
        help_text="The one that is gone.",
    ),
)

FIND_INPUTS = (
    named("identifier", "Identifier", "Who is looked for.", semantic=Semantic.PERSON_ID).model_copy(
        update={"example": "jane@example.com"}
    ),
    id_type(),
    Field(
        key="when_missing",
        label="When nobody is found",
        type=FieldType.CHOICE,
        choices=(
            Choice(value="fail", label="Stop with the reason"),
            Choice(value="go_on", label="Go on, with “Found” off"),
        ),
        default="fail",
        example="go_on",
        help_text="More than one person with the e-mail always stops.",
    ),
)
FIND_OUTPUTS = (
    Field(
        key="found",
        label="Found",
        type=FieldType.BOOLEAN,
        example=True,
        help_text="Off only where nobody was found and the step went on.",
    ),
    Field(
        key="email",
        label="Email",
        type=FieldType.EMAIL,
        semantic=Semantic.EMAIL,
        example="jane@example.com",
        help_text="The person's e-mail, if Customer.io knows it.",
    ),
    Field(
        key="id",
        label="Person id",
        semantic=Semantic.PERSON_ID,
        example="user-123",
        help_text="The person's id in your workspace; empty for people known by e-mail alone.",
    ),
    Field(
        key="cio_id",
        label="Customer.io id",
        example="03000001",
        help_text="Customer.io's own id of the person, which never changes.",
    ),
    Field(
        key="first_name",
        label="First name",
        semantic=Semantic.FIRST_NAME,
        example="Jane",
        help_text="The attribute first_name.",
    ),
    Field(
        key="last_name",
        label="Last name",
        semantic=Semantic.LAST_NAME,
        example="Example",
        help_text="The attribute last_name.",
    ),
    Field(key="plan", label="Plan", semantic=Semantic.PLAN, example="pro", help_text="The attribute plan."),
    Field(
        key="stripe_customer_id",
        label="Stripe customer",
        semantic=Semantic.CUSTOMER,
        example="cus_R8kTq2LwPzNf4J",
        help_text="The attribute stripe_customer_id, by which the person is found in Stripe.",
    ),
    Field(
        key="attributes",
        label="Attributes",
        type=FieldType.OBJECT,
        example={"plan": "pro", "stripe_customer_id": "cus_R8kTq2LwPzNf4J"},
        help_text="All attributes of the person; the App API gives every value as text.",
    ),
)
