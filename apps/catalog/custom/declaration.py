"""The declaration of an app as it is stored, exported and imported: JSON of these models.

It holds no secret and no code: templates are Liquid, places are paths. What
the models can't say is checked by `apps.catalog.custom.checks`.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator
from pydantic import Field as Constrained

from apps.catalog.signatures import Hmac, NoVerification, SharedSecret
from apps.catalog.spec import Choice, Effect, FieldType, Semantic, Spec

SCHEMA: Literal[1] = 1
MAX_BYTES = 256 * 1024
"""Of a whole declaration as compact JSON."""

MAX_PARTS = 50
MAX_FIELDS = 60  # With all their columns they still fit in one form of Django's.
SIGNING_SECRET = "signing_secret"  # noqa: S105 - the key of a field.
NOTE = "account_note"
HTTP_STATUS = "http_status"
RESERVED_AUTH = frozenset({SIGNING_SECRET, NOTE})


def _unbroken(text: str) -> str:
    if any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise ValueError("has a line break or a character that can't be seen")
    return text


def _one_line(text: str) -> str:
    return _unbroken(text).strip()


def _text(text: str) -> str:
    if "\x00" in text or any(0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise ValueError("has a character that can't be stored")
    return text


Line = Annotated[str, Constrained(max_length=200), AfterValidator(_one_line)]
Name = Annotated[str, Constrained(min_length=1, max_length=80), AfterValidator(_one_line)]
Words = Annotated[str, Constrained(max_length=1_000), AfterValidator(_text)]
Template = Annotated[str, Constrained(max_length=4_000), AfterValidator(_text)]
Where = Annotated[str, Constrained(max_length=300), AfterValidator(_one_line)]
FieldKey = Annotated[str, Constrained(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)]
# With the app's key and “.trigger-” before it, a reference has at most 100 characters, as its columns do.
Slug = Annotated[str, Constrained(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=50)]
AppKey = Annotated[str, Constrained(pattern=r"^[a-z][a-z0-9]*$", max_length=40)]
Color = Annotated[str, Constrained(pattern=r"^#[0-9a-f]{6}$")]
DocsUrl = Annotated[str, Constrained(pattern=r"^(https://[!-~]{1,280})?$")]
Status = Annotated[int, Constrained(ge=200, le=499)]


class AuthField(Spec):
    """One value that a connection asks for."""

    key: FieldKey
    label: Name
    secret: bool = True
    required: bool = True
    help_text: Words = ""


class Signing(Spec):
    """How a request proves whose it is.

    `field` is the auth field that is sent: as Bearer token, as the password of
    HTTP Basic (with `user_field` as its user), or in the header or query
    parameter `name`, in a header behind `prefix`.
    """

    kind: Literal["none", "bearer", "basic", "header", "query"] = "none"
    field: Annotated[str, Constrained(max_length=60)] = ""
    user_field: Annotated[str, Constrained(max_length=60)] = ""
    name: Line = ""
    # A blank at its end parts it from the credential.
    prefix: Annotated[str, Constrained(max_length=40), AfterValidator(_unbroken)] = ""


class Pair(Spec):
    """A query parameter, header or form field: a literal name and a template."""

    name: Line
    template: Template = ""


class Input(Spec):
    """One input of an action."""

    key: FieldKey
    label: Name
    type: FieldType = FieldType.TEXT
    required: bool = False
    help_text: Words = ""
    example: Any = None
    semantic: Semantic | None = None
    choices: Annotated[tuple[Choice, ...], Constrained(max_length=100)] = ()


class Found(Spec):
    """One value found at a path: an output of an action, or a field of a trigger."""

    key: FieldKey
    label: Name
    path: Where
    type: FieldType = FieldType.TEXT
    help_text: Words = ""
    example: Any = None
    semantic: Semantic | None = None


class ActionPart(Spec):
    """One HTTP call.

    `path` follows the base address. `body` is JSON whose text leaves are
    templates; `form` are form fields instead. `key_header` carries our
    idempotency key, "" where the app knows none. `success` lists the statuses
    that count as done; empty means every 2xx.
    """

    key: Slug
    name: Name
    description: Words = ""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Template
    query: Annotated[tuple[Pair, ...], Constrained(max_length=MAX_FIELDS)] = ()
    headers: Annotated[tuple[Pair, ...], Constrained(max_length=MAX_FIELDS)] = ()
    body_kind: Literal["none", "json", "form"] = "none"
    body: Any = None
    form: Annotated[tuple[Pair, ...], Constrained(max_length=MAX_FIELDS)] = ()
    inputs: Annotated[tuple[Input, ...], Constrained(max_length=MAX_FIELDS)] = ()
    outputs: Annotated[tuple[Found, ...], Constrained(max_length=MAX_FIELDS)] = ()
    effect: Effect = Effect.CREATE
    key_header: Line = ""
    danger: Words = ""
    success: Annotated[tuple[Status, ...], Constrained(max_length=20)] = ()
    provider_id: Annotated[str, Constrained(max_length=60)] = ""


class Place(Spec):
    """Where a delivery tells its event's type or id.

    `value` is a path into the body, a header's name, or the fixed text itself;
    `digest` (ids only) counts the same body as the same event.
    """

    kind: Literal["path", "header", "fixed", "digest"] = "path"
    value: Where = ""


class WebhookPart(Spec):
    """How deliveries are verified, and where their event's type, id and time are."""

    verification: Annotated[NoVerification | SharedSecret | Hmac, Constrained(discriminator="kind")] = Hmac()
    event_type: Place = Place(value="type")
    event_id: Place = Place(value="id")
    occurred_at: Where = ""
    help_text: Words = ""


class TriggerPart(Spec):
    """What can happen. `sample` is one delivery's body, whole, as the app sends it."""

    key: Slug
    name: Name
    description: Words = ""
    event_types: Annotated[tuple[Line, ...], Constrained(max_length=MAX_PARTS)] = ()
    fields: Annotated[tuple[Found, ...], Constrained(max_length=MAX_FIELDS)] = ()
    sample: Any = None


class Declaration(Spec):
    """An app: who it is, how to connect, what can happen there, what can be done there.

    `base_url` is scheme, host, port and a path before every action's, all literal.
    `test_path` is called with GET to test a connection.
    """

    schema_: Annotated[Literal[1], Constrained(alias="schema")] = 1
    key: AppKey
    name: Name
    description: Words = ""
    color: Color = "#0f766e"
    docs_url: DocsUrl = ""
    base_url: Annotated[str, Constrained(max_length=300)]
    auth: Annotated[tuple[AuthField, ...], Constrained(max_length=20)] = ()
    signing: Signing = Signing()
    test_path: Template = ""
    actions: Annotated[tuple[ActionPart, ...], Constrained(max_length=MAX_PARTS)] = ()
    webhook: WebhookPart | None = None
    triggers: Annotated[tuple[TriggerPart, ...], Constrained(max_length=MAX_PARTS)] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        dumped: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        return dumped
