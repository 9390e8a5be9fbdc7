"""What is handed in and what is answered: a provider's request, and the receipt for it. No database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class Post:
    """One request at `/v1/webhooks/<path>`, not verified yet.

    `headers` have lower-case names, `query` is what follows the path, `request`
    the id that the log knows the request by.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    query: str = ""
    source: str = Delivery.Source.WEBHOOK
    request: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider is told. `delivery` is the code of the stored delivery, if any."""

    status: int
    code: str
    message: str
    delivery: str = ""


type Errand = Callable[[], None]
"""What follows a commit and changes no answer."""

NOT_STORED = Receipt(503, "not_stored", "The event could not be stored. Send it again.")
INCOMPLETE = Receipt(400, "incomplete_body", "The connection ended before the whole body had come.")
