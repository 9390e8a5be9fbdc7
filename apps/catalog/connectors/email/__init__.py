"""E-mail through a mail server of one's own (SMTP)."""

from pathlib import Path

from apps.catalog.connectors.email.actions import ACTIONS
from apps.catalog.connectors.email.auth import AUTH
from apps.catalog.connectors.email.sandbox import handle
from apps.catalog.spec import App

APP = App(
    key="email",
    name="Email",
    description="Sends mail through your own mail server, over SMTP.",
    category="General",
    color="#b45309",
    docs_url="https://www.rfc-editor.org/rfc/rfc5321",
    auth=AUTH,
    triggers=(),
    actions=ACTIONS,
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
