"""How an account at an app is connected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apps.catalog.spec.fields import Field, Spec
from apps.catalog.transport import Send


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
