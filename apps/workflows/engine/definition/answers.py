"""What an AI step's answer may be."""

from typing import Annotated, Any, Literal

from pydantic import Field

from apps.workflows.engine.definition.parts import Part

MAX_LABELS = 50


class TextOutput(Part):
    """The model's answer as it is."""

    type: Literal["text"] = "text"


class Label(Part):
    """One answer that a model may give, with what it means."""

    label: Annotated[str, Field(max_length=100)]
    meaning: Annotated[str, Field(max_length=1000)] = ""


class LabelsOutput(Part):
    """One of given labels."""

    type: Literal["labels"] = "labels"
    labels: Annotated[tuple[Label, ...], Field(max_length=MAX_LABELS)] = ()


class SchemaOutput(Part):
    """An object of this JSON schema."""

    type: Literal["schema"] = "schema"
    schema_: Annotated[dict[str, Any], Field(alias="schema")] = Field(default_factory=dict)
