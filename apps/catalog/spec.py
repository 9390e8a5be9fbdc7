"""What a connector declares: frozen data plus named functions.

An `App` is everything the product knows of a provider. Declarations carry no
conditions and no code in strings; behaviour hangs on them as functions of the
shapes below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from apps.catalog.transport import Request, Response, Send


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
    `literal` input takes a fixed value only, never a template.
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
    fields: tuple["Field", ...] = ()


class Effect(StrEnum):
    """What an action does at the provider."""

    READ = "read"
    UPSERT = "upsert"
    CREATE = "create"
    DELETE = "delete"


class Idempotency(StrEnum):
    """What makes a repeated call harmless."""

    NATURAL = "natural"  # Reads, upserts, deletes: the same call again changes nothing more.
    KEY = "key"  # The provider keeps our key (Stripe: at least 24 hours).
    EVENT_ID = "event_id"  # The provider drops a repeated event id (Customer.io: ULID).
    NONE = "none"  # Nothing: an uncertain call must be decided by a person.


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as a connector sees it: decrypted values by field key, no row.

    `values` holds every Auth field that is set, secret or not. `base_url`
    replaces the provider's own scheme, host and port (proxies, test servers).
    """

    values: Mapping[str, str]
    base_url: str = ""

    def __repr__(self) -> str:
        return "<Account>"


@dataclass(frozen=True, slots=True)
class CallContext:
    """Everything that an action's `call` may use.

    `inputs` are resolved, coerced and validated against the action's fields;
    absent optional inputs are absent. `key` is the derived idempotency key
    (64 hex characters) of every call that is not a read. `event_time` is the
    triggering event's unix time in seconds. `deadline` is in seconds.
    """

    inputs: Mapping[str, Any]
    account: Account
    send: Send
    key: str
    event_time: int
    deadline: float = 10.0


ActionCall = Callable[[CallContext], dict[str, Any]]
"""Perform the action; return the outputs. Raises a `CallError`, or what `Send` raises."""

InputCheck = Callable[[Mapping[str, Any]], None]
"""Check resolved inputs beyond their fields; raises `Permanent` naming the field."""


class Mode(Spec):
    """What an action is for one value of the input that decides it."""

    effect: Effect
    idempotency: Idempotency
    danger: str | None = None


class Action(Spec):
    """Something that can be done at the app.

    `ref` in definitions is `<app>.<key>`. `requires` names Auth fields that a
    connection must have for it. `danger` is the sentence that an operator must
    confirm in the step's settings before it can be published.
    `provider_id` is the path in the outputs of the id that the provider gave.
    Of the inputs in each group of `any_of` at least one must be given, of those in
    each group of `one_of` exactly one. Where effect and danger depend on a literal
    input, `decided_by` names it and `modes` has what holds for each of its values
    (`true` and `false` for a BOOLEAN); the action's own is the worst of them.
    """

    key: str
    name: str
    description: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    effect: Effect
    idempotency: Idempotency
    call: ActionCall
    check: InputCheck | None = None
    requires: tuple[str, ...] = ()
    danger: str | None = None
    provider_id: str | None = None
    docs_url: str = ""
    hidden: bool = False  # Serves `options_from` and checks; not offered as a step.
    any_of: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    decided_by: str | None = None
    modes: Mapping[str, Mode] = {}

    def settled(self, value: object) -> "Action":
        """Return the action as it is for this value of the input that decides it."""
        mode = self.modes.get(str(value).lower() if isinstance(value, bool) else str(value))
        if mode is None:
            return self
        decided = {"effect": mode.effect, "idempotency": mode.idempotency, "danger": mode.danger}
        return self.model_copy(update=decided)

    def input(self, key: str) -> Field | None:
        """Return the input of this key, or None."""
        return next((field for field in self.inputs if field.key == key), None)


Flatten = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Turn the provider's whole payload into the trigger's flat fields (without the envelope)."""

Declines = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""(a workflow's options of the trigger, the trigger's data) -> why it does not run for the event, or None.

Asked before the first step; the run then ends as filtered, with that sentence as its reason.
"""


EventTypesFrom = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""(a workflow's options of the trigger) -> the event types that it listens for."""


class Trigger(Spec):
    """Something that can happen at the app.

    `ref` in definitions and addresses is `<app>.trigger-<key>`. `samples/<key>.json`
    beside the connector is its sample payload, whole, as the provider sends it.
    `email_from` tells how the person's e-mail is found when the event has none:
    the read actions to try in turn, as recipes put them before the action.
    Where the options decide what a workflow listens for, `event_types_from` tells
    it, and `event_types` are all that there can be. It may also name what the
    provider's webhook needs besides events: names without a dot, which `ensure`
    knows and no event has.
    """

    key: str
    name: str
    event_types: tuple[str, ...]
    description: str
    fields: tuple[Field, ...]
    flatten: Flatten
    options: tuple[Field, ...] = ()
    requires: tuple[str, ...] = ()
    email_from: tuple["LookUp", ...] = ()
    declines: Declines | None = None
    event_types_from: EventTypesFrom | None = None


class LookUp(Spec):
    """A read action that a recipe puts before the action to find the person's e-mail.

    `input` of `action` is filled from the trigger's field `source` (or, behind
    an earlier look-up, from `steps.<id>.<source>`); `output` is the e-mail.
    """

    action: str
    input: str
    source: str
    output: str


@dataclass(frozen=True, slots=True)
class Event:
    """What every delivery has, whatever the provider."""

    id: str
    type: str
    occurred_at: int  # Unix seconds.
    livemode: bool | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that matched. `late` marks one that is valid but older than usual."""

    late: bool = False
    secret_index: int = 0


@dataclass(frozen=True, slots=True)
class Registered:
    """A webhook as it stands at the provider. `secret` only when the answer gave one."""

    id: str
    url: str
    event_types: tuple[str, ...]
    api_version: str = ""
    secret: str | None = None
    enabled: bool = True

    def __repr__(self) -> str:
        return f"<Registered {self.id}>"


@dataclass(frozen=True, slots=True)
class RegistrationContext:
    """What registration calls get. `marker` finds ours again (metadata): instance and connection.

    `have_secret` tells whether the deliveries of what stands there can be verified.
    """

    account: Account
    send: Send
    url: str
    event_types: tuple[str, ...]
    marker: Mapping[str, str]
    key: str
    known_id: str | None = None
    have_secret: bool = False
    deadline: float = 10.0


Verify = Callable[[Mapping[str, str], bytes, Sequence[str], float], Verified]
"""(lower-case headers, raw body, secrets, now) -> Verified; raises `SignatureError`; constant time."""

ReadEvent = Callable[[Mapping[str, Any]], Event]
"""Read id, type and time from the parsed payload; raises `UnreadableEventError`."""

Sign = Callable[[bytes, str, int], dict[str, str]]
"""(body, secret, unix seconds) -> the headers that the provider would send."""


class WebhookScheme(Spec):
    """How the app's deliveries are verified, read and registered.

    `ensure` makes exactly one webhook stand at the provider with the context's
    url and event types and returns it; `remove` deletes one ("already gone" is
    success); both are None where registration is by hand. `secret_field` is the
    Auth field that an operator fills by hand with the signing secret.
    `manual_command` is the provider's own tool for receiving without a public
    address, with `{events}` (comma list) and `{url}` to be filled in.
    `refresh_sample(payload, event_id, now)` returns the sample as a new event.

    Where a provider's names for registering differ from the event types that
    arrive, `registered_name` gives them for people; `ensure` maps them itself.
    `requires` names the Auth fields without which a webhook is registered by
    hand. Where the provider never tells the signing secret (`secret_told` is
    False), `ensure` without one makes a disabled webhook, `signing_help` says
    where the secret is shown, and entering it enables the webhook.
    """

    verify: Verify
    read_event: ReadEvent
    sign: Sign
    refresh_sample: Callable[[Mapping[str, Any], str, int], dict[str, Any]]
    new_event_id: Callable[[], str]
    new_secret: Callable[[], str]
    secret_field: str
    manual_help: str
    manual_command: str = ""
    api_version: str = ""
    registered_name: Callable[[str], str] = str
    requires: tuple[str, ...] = ()
    secret_told: bool = True
    signing_help: str = ""
    ensure: Callable[[RegistrationContext], Registered] | None = None
    remove: Callable[[RegistrationContext], None] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a connection's test call.

    `learned` are Auth values that the provider told (region, mode) and that
    are stored when the operator left them empty. `warnings` name what will not
    work (a missing scope), each with its remedy.
    """

    message: str
    learned: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Auth(Spec):
    """How an account is connected: the fields of the form and a cheap test call.

    `test` raises a `CallError` (`NeedsHuman` when the credentials are refused).
    `label` describes an account from its values for lists ("test mode", "EU").
    `check` validates entered values together (raises `Permanent` naming the field).
    """

    fields: tuple[Field, ...]
    test: Callable[[Account, Send], Checked]
    check: Callable[[Mapping[str, str]], None]
    label: Callable[[Mapping[str, str]], str]
    sandbox_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many calls the provider takes in how many seconds."""

    calls: int
    seconds: float


SandboxHandle = Callable[[Request, dict[str, Any], float], tuple[Response, dict[str, Any]]]
"""(request, state, now) -> (response, new state); pure; state is JSON."""


class App(Spec):
    """A provider: who it is, how to connect, what can happen, what can be done."""

    key: str
    name: str
    description: str
    category: str
    color: str
    docs_url: str
    auth: Auth
    triggers: tuple[Trigger, ...]
    actions: tuple[Action, ...]
    webhook: WebhookScheme | None
    sandbox: SandboxHandle
    samples: Path
    rate_limit: RateLimit | None = None

    def trigger(self, key: str) -> Trigger | None:
        """Return the trigger of this slug, or None."""
        return next((trigger for trigger in self.triggers if trigger.key == key), None)

    def action(self, key: str) -> Action | None:
        """Return the action of this slug, or None."""
        return next((action for action in self.actions if action.key == key), None)
