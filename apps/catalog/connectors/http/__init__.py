"""Any HTTP interface: one request, as an operator writes it."""

from pathlib import Path

from apps.catalog.connectors.http.actions import ACTIONS
from apps.catalog.connectors.http.auth import AUTH
from apps.catalog.connectors.http.sandbox import handle
from apps.catalog.spec import App

APP = App(
    key="http",
    name="HTTP Request",
    description="Calls any HTTP interface that has no app of its own here.",
    category="General",
    color="#0f766e",
    docs_url="https://www.rfc-editor.org/rfc/rfc9110",
    auth=AUTH,
    triggers=(),
    actions=ACTIONS,
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
