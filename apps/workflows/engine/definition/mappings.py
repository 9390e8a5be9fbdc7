"""What fills one field of a step: a mapping is tagged, never guessed."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from apps.workflows.engine.definition.parts import Part

MAX_OBJECT_DEPTH = 3
MAX_ROWS = 200


class ValueMapping(Part):
    """A fixed value."""

    value: Any


class TemplateMapping(Part):
    """A template over `trigger`, `steps` and `run`."""

    template: str


class ObjectMapping(Part):
    """An object whose keys are literal and whose values are mappings, at most three levels deep.

    A template without a value leaves its key out; `{"value": null}` keeps it as null.
    """

    object: dict[Annotated[str, Field(min_length=1, max_length=200)], "Mapping"]

    @model_validator(mode="after")
    def _bounded(self) -> "ObjectMapping":
        if _depth(self) > MAX_OBJECT_DEPTH:
            raise ValueError(f"Objects may be nested {MAX_OBJECT_DEPTH} levels deep.")
        return self


class ListMapping(Part):
    """A list made row by row; in JSON `{"list": [mapping, …]}`.

    A row that comes to nothing is left out: a template without a value, an object without keys.
    """

    rows: Annotated[tuple["Mapping", ...], Field(alias="list", max_length=MAX_ROWS)]

    @model_validator(mode="after")
    def _bounded(self) -> "ListMapping":
        if _depth(self) > MAX_OBJECT_DEPTH:
            raise ValueError(f"Objects may be nested {MAX_OBJECT_DEPTH} levels deep.")
        return self


_TAGS: dict[type, str] = {
    ValueMapping: "value",
    TemplateMapping: "template",
    ObjectMapping: "object",
    ListMapping: "list",
}


def _tag(data: Any) -> str | None:
    if isinstance(data, dict) and len(data) == 1:
        return str(next(iter(data)))
    return _TAGS.get(type(data))


Mapping = Annotated[
    Annotated[ValueMapping, Tag("value")]
    | Annotated[TemplateMapping, Tag("template")]
    | Annotated[ObjectMapping, Tag("object")]
    | Annotated[ListMapping, Tag("list")],
    Discriminator(
        _tag,
        custom_error_type="mapping",
        custom_error_message='A field is filled by exactly one of "value", "template", "object" and "list".',
    ),
]
"""One field of a step's input and what fills it: tagged, never guessed."""

ObjectMapping.model_rebuild()
ListMapping.model_rebuild()


def _depth(mapping: ObjectMapping | ListMapping) -> int:
    parts = mapping.object.values() if isinstance(mapping, ObjectMapping) else mapping.rows
    inner = [_depth(part) for part in parts if isinstance(part, ObjectMapping | ListMapping)]
    return 1 + max(inner, default=0)
