"""How an app's deliveries are verified, read and registered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog.spec.auth import Account
from apps.catalog.spec.fields import Spec
from apps.catalog.spec.reconciling import Reconcile
from apps.catalog.transport import Send


@dataclass(frozen=True, slots=True)
class Event:
    """What every delivery has, whatever the provider.

    `workflow` is the code of the only workflow that it is for; None means every one that listens.
    `origins` are what in it may name the call of ours that it goes back to: an
    idempotency key, or the id with which the provider answered. Most have none.
    """

    id: str
    type: str
    occurred_at: int  # Unix seconds.
    livemode: bool | None = None
    account: str | None = None
    workflow: str | None = None
    origins: tuple[str, ...] = ()


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
    `connect` asks for the events of all accounts that authorised the client, instead
    of the account's own.
    """

    account: Account
    send: Send
    url: str
    event_types: tuple[str, ...]
    marker: Mapping[str, str]
    key: str
    known_id: str | None = None
    have_secret: bool = False
    connect: bool = False
    deadline: float = 10.0


@dataclass(frozen=True, slots=True)
class Report:
    """What an event says became of something that we had sent.

    `provider_id` is the id with which the provider answered our call. `trouble`
    tells that it did not reach the person, `detail` why, in the provider's words;
    `by_machine` that no person did it.
    """

    provider_id: str
    channel: str
    metric: str
    trouble: bool = False
    by_machine: bool = False
    detail: str = ""


Verify = Callable[[Mapping[str, str], bytes, Sequence[str], float], Verified]
"""(lower-case headers, raw body, secrets, now) -> Verified; raises `SignatureError`; constant time."""

ReadEvent = Callable[[Mapping[str, Any]], Event]
"""Read id, type and time from the parsed payload; raises `UnreadableEventError`."""

ReadRequest = Callable[[Mapping[str, str], Mapping[str, Any]], Event]
"""(lower-case headers, parsed payload) -> Event; raises `UnreadableEventError`."""

Sign = Callable[[bytes, str, int], dict[str, str]]
"""(body, secret, unix seconds) -> the headers that the provider would send."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came. Header names are in lower case, `query` is text, `at` is in unix seconds."""

    headers: Mapping[str, str]
    query: str
    body: bytes
    at: int

    def __repr__(self) -> str:
        return "<ReceivedRequest>"


Pack = Callable[[ReceivedRequest], bytes]
"""Return what is kept of a verified request in place of its body: JSON that `read_event` reads.

Raises `UnreadableEventError` or `UnsafeJSONError` where it can't be made.
"""


Amend = Callable[[Mapping[str, Any], Event], dict[str, Any]]
"""(a payload that `read_event` can't read, what a person says it is) -> one that it reads.

Without an id the same payload always gets the same one. Raises `UnreadableEventError`
where no event can be made of it, in words for people.
"""


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

    Where an event's type, id or time may stand in headers, `read_request` reads
    them as they arrive; `read_event` then reads samples alone. `unverified` tells
    that anybody who knows the address may send events, as somebody has chosen.

    `read_account` reads account ("" where none is named) and mode off the top level
    of a body that can't be read as an event, and raises nothing: it is then kept
    for the connections of that account.

    Where more than the body matters, `pack` makes what is kept of a request, and
    `request_of` returns the request that a sample of that form stands for. Where a
    connection's own values decide how it is verified and read, `bound` returns the
    scheme for them; nothing is received by a scheme that was not bound.

    `read_report` returns what an event reports about a call of ours, None where it
    reports nothing; it raises nothing.

    `amend` puts into a payload what it lacks to be an event, as a person says it.
    `reconcile` is the provider's own list of what has happened, None where it has none.

    `internal` events are made by this installation itself: nothing is
    registered, no address takes them, and their connection has no webhook to show.
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
    read_request: ReadRequest | None = None
    read_account: Callable[[Mapping[str, Any]], tuple[str, bool | None]] | None = None
    unverified: bool = False
    pack: Pack | None = None
    request_of: Callable[[Mapping[str, Any]], ReceivedRequest] | None = None
    bound: Callable[[Mapping[str, str]], "WebhookScheme"] | None = None
    internal: bool = False
    reconcile: Reconcile | None = None
    amend: Amend | None = None
    read_report: Callable[[Mapping[str, Any]], Report | None] | None = None

    def for_values(self, values: Mapping[str, str]) -> "WebhookScheme":
        """Return the scheme of a connection with these plain values."""
        return self if self.bound is None else self.bound(values)
