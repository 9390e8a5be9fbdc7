"""Anthropic: a model's answer over the Messages API."""

from pathlib import Path

from apps.catalog.connectors.anthropic.auth import AUTH
from apps.catalog.connectors.anthropic.client import DOCS, call
from apps.catalog.connectors.anthropic.sandbox import handle
from apps.catalog.generating import generate
from apps.catalog.spec import App

APP = App(
    key="anthropic",
    name="Anthropic",
    description="Claude models for AI steps.",
    category="AI",
    color="#b4552d",
    docs_url="https://docs.anthropic.com/en/api/overview",
    auth=AUTH,
    triggers=(),
    actions=(generate(call, model="claude-haiku-4-5", docs_url=DOCS),),
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
