"""Finding the endpoint of a request and verifying that its provider sent it."""

from collections.abc import Mapping, Sequence

from apps.catalog import registry
from apps.catalog.errors import SignatureError
from apps.connections.models import Connection, Endpoint
from apps.connections.registration import signing_secrets
from apps.workspaces.models import Workspace

BARE_LIMIT = 16
"""How many endpoints a bare address tries at the most, since each costs a signature check."""


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


def find(path: str) -> Sequence[Endpoint]:
    """Return the endpoint of a path with a token, or the few that a bare path may mean.

    Raises `UnknownEndpointError`.
    """
    label, _, token = path.strip("/").partition("/")
    app = _app_of(label)
    live = Endpoint.objects.select_related("connection").exclude(connection__status=Connection.Status.DISCONNECTED)
    if token:
        endpoint = live.filter(token=token, connection__app=app).first()
        if endpoint is None:
            raise UnknownEndpointError(f"No connection has this address. Use /v1/webhooks/{app}/<token>.")
        return [endpoint]
    found = list(live.filter(connection__app=app)[: BARE_LIMIT + 1])
    several_tenants = Workspace.objects.all()[:2].count() > 1
    if label == app or not found or len(found) > BARE_LIMIT or several_tenants:
        raise UnknownEndpointError(
            f"This address needs the connection's token: /v1/webhooks/{label}/<token>. "
            "The connection's page in the admin shows it."
        )
    return found


def verify(
    candidates: Sequence[Endpoint], headers: Mapping[str, str], body: bytes, *, now: float
) -> tuple[Endpoint, bool]:
    """Return the candidate whose secret signed the request, and whether it is late.

    Raises `RefusedError` when none did; with several candidates it is booked on none.
    """
    refused: RefusedError | None = None
    for endpoint in candidates:
        scheme = registry.get_app(endpoint.connection.app).webhook
        if scheme is None:
            continue
        try:
            verified = scheme.verify(headers, body, signing_secrets(endpoint.connection), now)
        except SignatureError as error:
            known = endpoint.pk if len(candidates) == 1 else None
            refused = RefusedError(known, code=error.code, message=error.message)
        else:
            return endpoint, verified.late
    raise refused or RefusedError(None, code="no_scheme", message="This app sends no webhooks.")


def _app_of(label: str) -> str:
    """Return the app of `<app>` or `<app>.trigger-<slug>`; raises `UnknownEndpointError`."""
    try:
        if "." in label:
            app, _ = registry.get_trigger(label)
        else:
            app = registry.get_app(label)
    except registry.UnknownKeyError:
        raise UnknownEndpointError(
            "Unknown app or trigger. Use /v1/webhooks/<app>/<token>; the connection's page in the admin shows it."
        ) from None
    return app.key
