"""List filters over a span of time; `apps.common.look` offers them.

django-unfold's own compare with moments of no time zone, ignore a date without
a time of day, and end a span of dates as its last day begins.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters import admin as unfold_filters
from unfold.utils import parse_datetime_str

if TYPE_CHECKING:
    from django.contrib.admin import FieldListFilter

    class BaseRangeDateFilter(FieldListFilter):
        """To the type checker: what django-unfold's filters add to Django's."""

        parameter_name: str

    class BaseRangeDateTimeFilter(BaseRangeDateFilter):
        """Likewise."""

else:
    BaseRangeDateFilter = unfold_filters.RangeDateFilter
    BaseRangeDateTimeFilter = unfold_filters.RangeDateTimeFilter

_FIRST, _LAST = "00:00:00", "23:59:59.999999"


class RangeDateFilter(BaseRangeDateFilter):
    """From the first to the last moment of two days, in UTC; what is no date is no limit."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows within the span."""
        given = self.used_parameters
        name = self.parameter_name
        begin = _moment(given, f"{name}_from", _FIRST)
        return _within(queryset, name, begin, _moment(given, f"{name}_to", _LAST))


class RangeDateTimeFilter(BaseRangeDateTimeFilter):
    """From one moment to another, in UTC; without a time of day the whole day counts."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows within the span."""
        given = self.used_parameters
        name = self.parameter_name
        begin = _moment(given, f"{name}_from_0", str(given.get(f"{name}_from_1") or _FIRST))
        return _within(
            queryset, name, begin, _moment(given, f"{name}_to_0", str(given.get(f"{name}_to_1") or _LAST))
        )


def _moment(given: Mapping[str, Any], key: str, time_of_day: str) -> datetime | None:
    text = str(given.get(key) or "").strip()
    parsed: datetime | None = parse_datetime_str(f"{text} {time_of_day.strip()}") if text else None
    return parsed.replace(tzinfo=UTC) if parsed else None


def _within(rows: QuerySet[Any], name: str, begin: datetime | None, end: datetime | None) -> QuerySet[Any]:
    if begin is not None:
        rows = rows.filter(**{f"{name}__gte": begin})
    if end is not None:
        rows = rows.filter(**{f"{name}__lte": end})
    return rows
