"""What an AI step can start from, as data for the editor."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Preset:
    """A beginning for an AI step: `step` holds the parts of its JSON form that it sets."""

    key: str
    name: str
    description: str
    keywords: tuple[str, ...]
    step: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the preset as JSON has it."""
        return {
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "keywords": list(self.keywords),
            "step": self.step,
        }


PRESETS: Final = (
    Preset(
        key="classify",
        name="Classify",
        description="Sort a text into one of your labels, to branch on it.",
        keywords=("label", "category", "sentiment", "route", "triage"),
        step={
            "name": "Classify",
            "system": {"value": "Choose the label that fits the message best. When in doubt, choose other."},
            "prompt": {"template": ""},
            "output": {
                "type": "labels",
                "labels": [
                    {"label": "question", "meaning": "asks how something works"},
                    {"label": "complaint", "meaning": "is unhappy and wants something changed"},
                    {"label": "other", "meaning": "anything else"},
                ],
            },
            "max_tokens": 64,
            "temperature": 0,
        },
    ),
    Preset(
        key="extract",
        name="Extract",
        description="Read fields out of a text, checked against a schema.",
        keywords=("parse", "fields", "json", "structured", "read"),
        step={
            "name": "Extract",
            "system": {"value": "Take the fields from the message. Use null for what it does not say."},
            "prompt": {"template": ""},
            "output": {
                "type": "schema",
                "schema": {
                    "type": "object",
                    "properties": {
                        "summary": {"type": "string", "description": "One sentence.", "maxLength": 300},
                        "urgency": {"type": "string", "enum": ["low", "normal", "high"]},
                        "order_number": {"type": ["string", "null"], "pattern": "[A-Z0-9-]{3,20}"},
                    },
                    "required": ["summary", "urgency", "order_number"],
                    "additionalProperties": False,
                },
            },
            "max_tokens": 512,
            "temperature": 0,
        },
    ),
    Preset(
        key="write",
        name="Write",
        description="Write a text, such as a reply or a summary, from the fields you choose.",
        keywords=("draft", "reply", "summary", "summarise", "translate", "text"),
        step={
            "name": "Write",
            "system": {
                "value": "Write a short, friendly reply in the language of the message. Promise nothing that "
                "the data does not say."
            },
            "prompt": {"template": ""},
            "output": {"type": "text"},
            "max_tokens": 1024,
        },
    ),
)
