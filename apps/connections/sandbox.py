"""The pretended provider: answers a connection's calls from the connector's own rules and keeps them."""

import time

from django.db import transaction

from apps.catalog import registry
from apps.catalog.transport import Request, Response, TransportError
from apps.connections import credentials
from apps.connections.accounts import secrets_of
from apps.connections.exchanges import masked_body, masked_request
from apps.connections.models import Connection, SandboxCall, SandboxState

MAX_CALLS = 2000
"""Calls kept of one connection; older ones are forgotten."""

NO_ANSWER = 0
"""The status of a call that was left unanswered."""


class SandboxSend:
    """A `Send` that reaches no network. It writes to the database: call it in the thread that owns it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._app = registry.get_app(connection.app)
        self._secrets = secrets_of(connection)

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Answer at once, whatever the deadline. Raises `NoAnswer` where the sandbox plays dead."""
        answer: Response | TransportError
        with transaction.atomic():
            SandboxState.objects.get_or_create(connection=self._connection)
            # One call at a time sees and changes the state, as at a provider's own database.
            row = SandboxState.objects.select_for_update().get(connection=self._connection)
            before = credentials.unseal_state(row)
            try:
                answer, after = self._app.sandbox(request, before, time.time())
            except TransportError as error:
                answer, after = error, before
            if after != before:
                row.state = credentials.seal_state(row, after)
                row.save(update_fields=["state"])
            self._keep(request, answer)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    def _keep(self, request: Request, answer: Response | TransportError) -> None:
        exchange = masked_request(request, self._secrets)
        if isinstance(answer, Response):
            status, body = answer.status, masked_body(answer.body, self._secrets)
        else:
            status, body = NO_ANSWER, answer.reason
        SandboxCall.objects.create(
            connection=self._connection,
            method=exchange["method"][:10],
            url=exchange["url"][:2000],
            request_headers=exchange["headers"],
            request_body=exchange["body"],
            status=status,
            response_body=body,
        )
        calls = SandboxCall.objects.filter(connection=self._connection)
        first_too_old = calls.order_by("-id").values_list("id", flat=True)[MAX_CALLS : MAX_CALLS + 1]
        for oldest in first_too_old:
            calls.filter(id__lte=oldest).delete()
