"""All filters that templates know. Importing this package fills the table."""

from typing import NamedTuple

from apps.language.filters import arithmetic, general, lists, text
from apps.language.filters.registry import FILTERS, MAX_ITEMS, MAX_TEXT, Filter, FilterError

__all__ = ["FILTERS", "MAX_ITEMS", "MAX_TEXT", "Filter", "FilterError", "FilterHelp", "describe_filters"]

# Each of these enters its filters when it is imported.
_FAMILIES = (arithmetic, text, lists, general)


class FilterHelp(NamedTuple):
    """What a page or an editor says about a filter."""

    name: str
    help: str
    example: str


def describe_filters() -> list[FilterHelp]:
    """List every filter by name, with one line of help and an example."""
    return [FilterHelp(entry.name, entry.help, entry.example) for _, entry in sorted(FILTERS.items())]
