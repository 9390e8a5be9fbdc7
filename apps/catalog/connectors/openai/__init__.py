"""OpenAI, and every server that speaks its dialect: a model's answer over chat completions."""

from pathlib import Path

from apps.catalog.connectors.openai.auth import AUTH
from apps.catalog.connectors.openai.client import DOCS, call
from apps.catalog.connectors.openai.sandbox import handle
from apps.catalog.generating import generate
from apps.catalog.spec import App

APP = App(
    key="openai",
    name="OpenAI",
    description="Language models for AI steps, at OpenAI or any server that speaks its dialect.",
    category="AI",
    color="#10a37f",
    docs_url="https://platform.openai.com/docs/api-reference",
    auth=AUTH,
    triggers=(),
    actions=(generate(call, model="gpt-5-mini", docs_url=f"{DOCS}/create"),),
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
)

__all__ = ["APP"]
