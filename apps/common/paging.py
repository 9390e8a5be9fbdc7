"""Pages of big tables without counting every row."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
else:
    BasePaginator = Paginator

COUNT_LIMIT = 10_000


class AtLeast(int):
    """A count that was given up at a limit; reads “10,000+”."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class CappedPaginator(BasePaginator):
    """Counts at most `COUNT_LIMIT` rows; what lies beyond is reached by filters and search.

    Columns that a subquery annotates are left out of the count; those of a join are not.
    """

    @cached_property
    def count(self) -> int:
        """The number of rows, or `AtLeast` the limit."""
        rows: Any = self.object_list
        if hasattr(rows, "values"):
            rows = rows.order_by().values("pk")
        counted: int = rows[: COUNT_LIMIT + 1].count()
        return counted if counted <= COUNT_LIMIT else AtLeast(COUNT_LIMIT)
