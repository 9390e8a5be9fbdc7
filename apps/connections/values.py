"""What a connection's row holds of its account: the values put on it, and its name kept its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from apps.catalog.spec import App
from apps.common.errors import Conflict
from apps.connections import credentials
from apps.connections.models import Connection


def put_values(
    connection: Connection, app: App, entered: Mapping[str, str], *, kept: Mapping[str, str] | None = None
) -> None:
    """Set the values on the row, the secret ones sealed for its address; `entered` go before `kept`.

    What was sealed stays sealed or goes: of `kept`, a secret whose field is no
    secret any more, or is gone, is left out.
    """
    secret = secret_keys(app)
    stays = {
        key: value for key, value in (kept or {}).items() if key in secret or key not in connection.hints
    }
    values = {**stays, **entered}
    secrets = {key: value for key, value in values.items() if key in secret}
    connection.values = {key: value for key, value in values.items() if key not in secret}
    connection.hints = {key: credentials.hint(value) for key, value in secrets.items()}
    connection.credentials = credentials.seal(connection, secrets)
    connection.label = app.auth.label(values)[:60]


def secret_keys(app: App) -> set[str]:
    """Return the keys of the fields whose values are sealed."""
    return {field.key for field in app.auth.fields if field.secret}


@contextmanager
def unique_name(connection: Connection) -> Iterator[None]:
    """Turn a name that is taken into a `Conflict`, also where the database is the first to know."""
    others = Connection.objects.usable().filter(workspace=connection.workspace, name=connection.name)
    taken = Conflict(
        f"There is a connection “{connection.name}” in this workspace already.",
        code="name_taken",
        field="name",
        remedy="Choose another name.",
    )
    if others.exclude(pk=connection.pk).exists():
        raise taken
    try:
        yield
    except IntegrityError:
        raise taken from None
