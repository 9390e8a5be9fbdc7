"""Webhook: any program that can send a POST starts a workflow."""

from pathlib import Path

from apps.catalog.connectors.webhook.auth import AUTH
from apps.catalog.connectors.webhook.sandbox import handle
from apps.catalog.connectors.webhook.scheme import SCHEME
from apps.catalog.connectors.webhook.triggers import TRIGGERS
from apps.catalog.spec import App

APP = App(
    key="webhook",
    name="Webhook",
    description="Starts a workflow when a program sends a request to an address of your own.",
    category="General",
    color="#7c3aed",
    docs_url="https://www.rfc-editor.org/rfc/rfc9110#name-post",
    auth=AUTH,
    triggers=TRIGGERS,
    actions=(),
    webhook=SCHEME,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
