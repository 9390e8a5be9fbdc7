"""Slack: messages to channels and people, over the Web API or an incoming webhook."""

from pathlib import Path

from apps.catalog.connectors.slack.actions import ACTIONS
from apps.catalog.connectors.slack.auth import AUTH
from apps.catalog.connectors.slack.sandbox import handle
from apps.catalog.spec import App, RateLimit

APP = App(
    key="slack",
    name="Slack",
    description="Messages to channels and to people.",
    category="Team chat",
    color="#611f69",
    docs_url="https://docs.slack.dev/",
    auth=AUTH,
    triggers=(),
    actions=ACTIONS,
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
    # About one message a second to a channel (https://docs.slack.dev/apis/web-api/rate-limits).
    rate_limit=RateLimit(calls=1, seconds=1.0),
)

__all__ = ["APP"]
