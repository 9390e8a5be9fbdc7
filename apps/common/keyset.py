"""Lists of the admin whose pages are found by key, so that the last page costs what the first does."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    BasePaginator = Paginator[Any]
else:
    BasePaginator = Paginator

BEFORE, AFTER = "before", "after"
_PARAMETERS = (BEFORE, AFTER)


class KeysetPaginator(BasePaginator):
    """Draws “Newer” and “Older”; it counts nothing."""

    template_name = "common/keyset.html"


class KeysetChangeList(ChangeList):
    """Newest first, a page at a time, from a key on: `?before=<key>` or `?after=<key>`.

    `newer` and `older` are the addresses of the neighbouring pages, "" where there is none.
    No row is counted: a list of millions costs one query of an index.
    """

    newer = ""
    older = ""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Model]:
        """Return the filtered rows, whichever page is shown."""
        for name in _PARAMETERS:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        found: QuerySet[Model] = super().get_queryset(request, exclude_parameters)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and one row more to know whether another follows."""
        size = self.list_per_page
        before, after = (_key(request.GET.get(name)) for name in _PARAMETERS)
        rows: QuerySet[Model] = self.queryset
        if after is not None:
            found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
            more_newer, more_older = len(found) > size, True
            page = found[:size][::-1]
        else:
            older = rows if before is None else rows.filter(pk__lt=before)
            found = list(older.order_by("-pk")[: size + 1])
            more_newer, more_older = before is not None, len(found) > size
            page = found[:size]
        if page and more_newer:
            self.newer = self.get_query_string({AFTER: page[0].pk})
        elif more_newer:
            self.newer = self.get_query_string({})
        if page and more_older:
            self.older = self.get_query_string({BEFORE: page[-1].pk})
        self.at_start = before is None and after is None
        self.result_list: Any = page
        self.result_count = len(page)
        self.full_result_count = len(page)  # Another number would be shown beside the heading.
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = KeysetPaginator(page, size)


def _key(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
