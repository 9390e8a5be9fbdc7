"""What apps of language models share: the hidden action `generate`, prices, and reading of numbers. Pure.

An AI step is made into calls of `<app>.generate`. Its answer is text; with a
schema it is JSON text, with labels one of them, where the model kept to it:
whoever asks checks that.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from apps.catalog.errors import Permanent
from apps.catalog.spec import (
    Account,
    Action,
    ActionCall,
    Effect,
    Field,
    FieldType,
    Idempotency,
)

PRICE: Final = r"[0-9]{1,6}(\.[0-9]{1,6})?"
MODEL: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}"
MAX_TOKENS: Final = 1024

ANSWER: Final = "answer"
"""The name of the schema, or of the tool, by which a structured answer is given."""

STOPPED: Final = "stop"
CUT: Final = "length"
REFUSED: Final = "refusal"


def own_fields(example: str) -> tuple[Field, ...]:
    """Return the settings of a connection that every app of language models has."""
    price = "US dollars for a million tokens, as the provider's price list has it for the usual model. "
    return (
        Field(
            key="model",
            label="Usual model",
            pattern=MODEL,
            help_text="The model of steps that name none, as the provider writes it.",
            example=example,
        ),
        Field(
            key="input_price",
            label="Price of input",
            pattern=PRICE,
            unit="US dollars per million tokens",
            help_text=f"{price}Without prices the cost of a step is not known.",
            example="0.25",
        ),
        Field(
            key="output_price",
            label="Price of output",
            pattern=PRICE,
            unit="US dollars per million tokens",
            help_text=f"{price}Both prices are needed to know the cost.",
            example="2",
        ),
    )


def generate(call: ActionCall, *, model: str, docs_url: str) -> Action:
    """Return the hidden action that asks a model; `model` is an example of its name."""
    return Action(
        key="generate",
        name="Generate",
        description="Ask a language model for text, a label or an object.",
        inputs=_inputs(model),
        outputs=_outputs(model),
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=call,
        docs_url=docs_url,
        hidden=True,
    )


def _inputs(model: str) -> tuple[Field, ...]:
    return (
        Field(key="model", label="Model", help_text="Empty for the connection's usual one.", example=model),
        Field(
            key="system",
            label="Instructions",
            type=FieldType.LONG_TEXT,
            help_text="What the model is to do, and by which rules.",
            example="Answer in one word.",
        ),
        Field(
            key="prompt",
            label="Prompt",
            type=FieldType.LONG_TEXT,
            required=True,
            help_text="The data that the model works on.",
            example="How do I change my card?",
        ),
        Field(
            key="max_tokens",
            label="Token limit",
            type=FieldType.INTEGER,
            default=MAX_TOKENS,
            help_text="How long the answer may be.",
            example=256,
        ),
        Field(
            key="temperature",
            label="Temperature",
            type=FieldType.NUMBER,
            help_text="0 for the same answer again as far as possible; empty for the provider's own.",
            example=0.5,
        ),
        Field(
            key="schema",
            label="Schema",
            type=FieldType.OBJECT,
            help_text="The JSON schema of the answer.",
            example={"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]},
        ),
        Field(
            key="labels",
            label="Labels",
            type=FieldType.LIST,
            help_text="The answers that are allowed.",
            example=["question", "other"],
        ),
    )


def _outputs(model: str) -> tuple[Field, ...]:
    return (
        Field(
            key="text",
            label="Text",
            type=FieldType.LONG_TEXT,
            help_text="The answer: text, a label, or JSON.",
            example="question",
        ),
        Field(key="model", label="Model", help_text="The model that answered.", example=model),
        Field(
            key="input_tokens",
            label="Input tokens",
            type=FieldType.INTEGER,
            help_text="How much was read; null where the server does not count.",
            example=42,
        ),
        Field(
            key="output_tokens",
            label="Output tokens",
            type=FieldType.INTEGER,
            help_text="How much was written.",
            example=2,
        ),
        Field(
            key="cost",
            label="Cost",
            type=FieldType.NUMBER,
            unit="US dollars",
            help_text="By the connection's prices; null where they are not known.",
            example=0.0000145,
        ),
        Field(
            key="stop_reason",
            label="Stop reason",
            help_text="stop, length (the answer was cut), refusal, or the provider's own word.",
            example=STOPPED,
        ),
    )


def model_of(account: Account, inputs: Mapping[str, Any]) -> str:
    """Return the model to ask; raises `Permanent` where neither step nor connection names one."""
    model = str(inputs.get("model") or account.values.get("model") or "").strip()
    if not model:
        raise Permanent(
            "No model is chosen.",
            code="no_model",
            remedy="Choose a model in the step, or enter the usual one in the connection.",
            field="model",
        )
    return model


def wanted_schema(inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema of a structured answer; labels become an object of one of them."""
    if inputs.get("schema"):
        return dict(inputs["schema"])
    if inputs.get("labels"):
        label = {"type": "string", "enum": list(inputs["labels"])}
        return {
            "type": "object",
            "properties": {"label": label},
            "required": ["label"],
            "additionalProperties": False,
        }
    return None


def unwrapped(inputs: Mapping[str, Any], text: str) -> str:
    """Return the label out of the object that `wanted_schema` asked for; other text as it is."""
    if inputs.get("schema") or not inputs.get("labels"):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    label = value.get("label") if isinstance(value, dict) else None
    return label if isinstance(label, str) else text


def count_of(usage: Any, key: str) -> int | None:
    """Return a number of tokens from an answer, or None."""
    value = usage.get(key) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def cost_of(values: Mapping[str, str], input_tokens: int | None, output_tokens: int | None) -> float | None:
    """Return what a call costs in US dollars by the connection's prices; None where one is not known."""
    prices = values.get("input_price"), values.get("output_price")
    if not prices[0] or not prices[1] or input_tokens is None or output_tokens is None:
        return None
    cost = Decimal(prices[0]) * input_tokens + Decimal(prices[1]) * output_tokens
    return float(round(cost / 1_000_000, 9))


def outputs_of(
    account: Account,
    inputs: Mapping[str, Any],
    *,
    text: str,
    model: Any,
    tokens: tuple[int | None, int | None],
    stop_reason: str,
) -> dict[str, Any]:
    """Return the outputs of `generate`; `tokens` are those read and those written."""
    return {
        "text": unwrapped(inputs, text),
        "model": model if isinstance(model, str) else model_of(account, inputs),
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "cost": cost_of(account.values, *tokens),
        "stop_reason": stop_reason,
    }
