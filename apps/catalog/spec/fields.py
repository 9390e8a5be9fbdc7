"""A named value of a connector: an input, an output, a credential or a trigger's field."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Option


class Spec(BaseModel):
    """Base of every declaration: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class FieldType(StrEnum):
    """What kind of value a field holds."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    URL = "url"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"  # Unix seconds.
    CHOICE = "choice"
    OBJECT = "object"  # JSON object; as an input: key and value rows.
    LIST = "list"
    ANY = "any"


class Semantic(StrEnum):
    """What a field means, so that one app's field can be mapped to another's."""

    EMAIL = "email"
    PERSON_ID = "person_id"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    PHONE = "phone"
    AMOUNT = "amount"  # Integer in minor units; its currency is the field with CURRENCY.
    CURRENCY = "currency"
    TIME = "time"
    CREATED_AT = "created_at"
    PLAN = "plan"
    STATUS = "status"
    URL = "url"
    DESCRIPTION = "description"
    CUSTOMER = "customer"  # The provider's id of its own customer object.
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    CHARGE = "charge"
    PAYMENT_INTENT = "payment_intent"
    EVENT_NAME = "event_name"
    EVENT_DATA = "event_data"


class Choice(Spec):
    """One value of a field that has a fixed set of them."""

    value: str
    label: str


class Field(Spec):
    """One named value: an input, an output, a credential or a trigger's field.

    `max_bytes` counts UTF-8 bytes. `unit` is shown beside the value ("minor
    units", "seconds"). `danger` is a sentence shown before the field is used.
    `options_from` names a read action of the same app whose answer fills a list:
    `{"options": [{"value", "label"}]}`; its optional input `search` narrows it.
    `fields` are the members of an OBJECT, or of every row of a LIST; without them
    an OBJECT takes any keys and a LIST any values. `unit_from` names the input of
    the same action that says whether this amount is in `minor` or `major` units;
    an amount that is passed on unchanged from a field with a unit needs none. A
    `literal` input takes a fixed value only, never a template; of a `keys_fixed`
    OBJECT the keys are a person's, and templates fill values alone. A credential
    that `binds_secrets` says where or how secrets are sent: another value demands
    every secret anew. What a template fills into a text goes through `escape`, where
    the reader of the text gives characters a meaning; what the operator wrote stays.
    What is inside of a `learnt` field of a trigger is nobody's declaration: it is
    offered as the newest event has it, and not checked. Without an input that
    `narrows`, a list holds more than was meant, or a call does more: it may be left
    out, but what fills it must come to something.
    """

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    secret: bool = False
    help_text: str = ""
    default: Any = None
    choices: tuple[Choice, ...] = ()
    options_from: str | None = None
    unit: str | None = None
    unit_from: str | None = None
    max_bytes: int | None = None
    pattern: str | None = None  # Full match, for credentials and identifiers.
    danger: str | None = None
    example: Any = None
    semantic: Semantic | None = None
    literal: bool = False
    keys_fixed: bool = False
    binds_secrets: bool = False
    learnt: bool = False
    narrows: bool = False
    escape: Annotated[Callable[[str], str] | None, Option(exclude=True)] = None
    fields: tuple["Field", ...] = ()
