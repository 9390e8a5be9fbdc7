"""Finding the endpoint of a request and verifying that its provider sent it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from apps.catalog import registry
from apps.catalog.errors import SignatureError
from apps.catalog.spec import App, Verified
from apps.common.errors import ServiceError
from apps.connections.models import Connection, Endpoint
from apps.connections.schemes import is_unverified, scheme_of
from apps.webhooks import secrets, statement
from apps.workspaces.models import Workspace

BARE_LIMIT = 16
"""How many endpoints a bare address tries at the most, since each costs a signature check."""

SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - the name of a reason

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnknownEndpointError(Exception):
    """No endpoint at this path; `message` names the right form."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RefusedError(Exception):
    """A request that does not verify; `code` is counted, nothing of the request is kept."""

    def __init__(self, endpoint_id: int | None, *, code: str, message: str) -> None:
        super().__init__(message)
        self.endpoint_id = endpoint_id
        self.code = code
        self.message = message


def by_token(paths: Iterable[str]) -> dict[str, Endpoint]:
    """Return the endpoints that these paths name by their tokens, in one look."""
    tokens = (_parts(path)[1] for path in paths)
    # PostgreSQL refuses to look for some texts that are no token, such as a NUL.
    return statement.endpoints_by_token(token for token in tokens if TOKEN.fullmatch(token))


def find(path: str, named: Mapping[str, Endpoint] | None = None) -> Sequence[Endpoint]:
    """Return the endpoint of a path with a token, or the few that a bare path may mean.

    The label before the token may name any trigger of the app: the event's type
    decides the route. `named` is what `by_token` found. Raises `UnknownEndpointError`.
    """
    label, token = _parts(path)
    app = _app_of(label)
    if token:
        endpoint = (by_token([path]) if named is None else named).get(token)
        if endpoint is None or endpoint.connection.app != app.key:
            raise UnknownEndpointError(
                f"No connection has this address. Use /v1/webhooks/{app.key}/<token>; "
                "the connection's page in the admin shows it."
            )
        return [endpoint]
    live = Endpoint.objects.select_related("connection").exclude(
        connection__status=Connection.Status.DISCONNECTED
    )
    found = list(live.filter(connection__app=app.key).order_by("pk")[: BARE_LIMIT + 1])
    # Of an endpoint that verifies nothing the token is all that keeps strangers out.
    found = [each for each in found if not is_unverified(each.connection)]
    several_tenants = len(Workspace.objects.values_list("pk")[:2]) > 1
    if label == app.key or not found or len(found) > BARE_LIMIT or several_tenants:
        raise UnknownEndpointError(
            f"This address needs the connection's token: /v1/webhooks/{label}/<token>. "
            "The connection's page in the admin shows it."
        )
    return found


def verify(
    candidates: Sequence[Endpoint], headers: Mapping[str, str], body: bytes, *, now: float
) -> tuple[Endpoint, Verified]:
    """Return the candidate whose secret signed the request, and what its scheme says of it.

    Raises `RefusedError` when none did; with several candidates it is booked on
    none. Its code is `secret_unreadable` where a stored secret could not be
    opened, so that it is not known who sent the request.
    """
    refused: list[RefusedError] = []
    for endpoint in candidates:
        booked_on = endpoint.pk if len(candidates) == 1 else None
        scheme = scheme_of(endpoint.connection)
        if scheme is None:
            continue
        try:
            return endpoint, scheme.verify(headers, body, secrets.of(endpoint), now)
        except SignatureError as error:
            refused.append(RefusedError(booked_on, code=error.code, message=error.message))
        except ServiceError:
            refused.append(
                RefusedError(booked_on, code=SECRET_UNREADABLE, message="The request can't be verified now.")
            )
    refused.sort(key=lambda refusal: refusal.code == SECRET_UNREADABLE)
    raise refused[-1]


def _parts(path: str) -> tuple[str, str]:
    label, _, token = path.strip("/").partition("/")
    return label, token


def _app_of(label: str) -> App:
    """Return the app of `<app>` or `<app>.trigger-<slug>`; raises `UnknownEndpointError`."""
    try:
        app = registry.get_trigger(label)[0] if "." in label else registry.get_app(label)
    except registry.UnknownKeyError:
        raise UnknownEndpointError(
            "Unknown app or trigger. Use /v1/webhooks/<app>/<token>; "
            "the connection's page in the admin shows it."
        ) from None
    if app.webhook is None or app.webhook.internal:
        raise UnknownEndpointError(f"{app.name} sends no webhooks.")
    return app
