"""The operations of a transform step, in the order in which they are made on one working value.

Those on lists work on the value itself, or on the object's `field` where one
is named. A field of a draft may be empty; publishing demands it.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from apps.workflows.engine.definition.mappings import Mapping
from apps.workflows.engine.definition.parts import Part

MAX_OPERATIONS = 50
MAX_TAKEN = 10_000

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=100)]


class SetField(Part):
    """Set a field of the object to a mapping's value."""

    op: Literal["set"] = "set"
    field: Name
    value: Mapping


class RenameField(Part):
    """Give a field another name."""

    op: Literal["rename"] = "rename"
    field: Name
    to: Name


class PickFields(Part):
    """Keep these fields only."""

    op: Literal["pick"] = "pick"
    fields: Names


class RemoveFields(Part):
    """Leave these fields out."""

    op: Literal["remove"] = "remove"
    fields: Names


class _OfList(Part):
    field: Name | None = None


class FilterItems(_OfList):
    """Keep the items for which the condition holds; `item` is the item."""

    op: Literal["filter"] = "filter"
    condition: dict[str, Any]


class MapItems(_OfList):
    """Put a mapping's value in the place of each item; `item` is the item."""

    op: Literal["map"] = "map"
    value: Mapping


class SortItems(_OfList):
    """Sort the items, by one of their fields where `by` names it."""

    op: Literal["sort"] = "sort"
    by: Name | None = None
    descending: bool = False


class UniqueItems(_OfList):
    """Keep the first of equal items, equal in `by` where it is named."""

    op: Literal["unique"] = "unique"
    by: Name | None = None


class TakeItems(_OfList):
    """Keep the first `count` items."""

    op: Literal["take"] = "take"
    count: Annotated[int, Field(ge=0, le=MAX_TAKEN)]


class JoinItems(_OfList):
    """Make one text of the items; it takes the list's place, or stands in the field `to`."""

    op: Literal["join"] = "join"
    separator: Annotated[str, Field(max_length=100)] = ", "
    to: Name | None = None


class CountItems(_OfList):
    """Count the items; the number takes the list's place, or stands in the field `to`."""

    op: Literal["count"] = "count"
    to: Name | None = None


class SumItems(_OfList):
    """Add the items up, or one of their fields; the number takes the list's place, or stands in `to`."""

    op: Literal["sum"] = "sum"
    by: Name | None = None
    to: Name | None = None


class FlattenItems(_OfList):
    """Put the items of inner lists in the place of these lists, one level deep."""

    op: Literal["flatten"] = "flatten"


def _op(data: Any) -> Any:
    return data.get("op") if isinstance(data, dict) else getattr(data, "op", None)


Operation = Annotated[
    Annotated[SetField, Tag("set")]
    | Annotated[RenameField, Tag("rename")]
    | Annotated[PickFields, Tag("pick")]
    | Annotated[RemoveFields, Tag("remove")]
    | Annotated[FilterItems, Tag("filter")]
    | Annotated[MapItems, Tag("map")]
    | Annotated[SortItems, Tag("sort")]
    | Annotated[UniqueItems, Tag("unique")]
    | Annotated[TakeItems, Tag("take")]
    | Annotated[JoinItems, Tag("join")]
    | Annotated[CountItems, Tag("count")]
    | Annotated[SumItems, Tag("sum")]
    | Annotated[FlattenItems, Tag("flatten")],
    Discriminator(
        _op,
        custom_error_type="op",
        custom_error_message="An operation is one of: set, rename, pick, remove, filter, map, sort, unique, "
        "take, join, count, sum, flatten.",
    ),
]
"""One operation of a transform step."""
