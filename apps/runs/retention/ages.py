"""From a moment to an id: rows are numbered as they come, so that no index on their time is needed."""

from datetime import datetime

from django.db.models import Max, Model, QuerySet


def first_since(rows: QuerySet[Model], field: str, moment: datetime) -> int:
    """Return an id such that the rows before it are older than the moment, as told by `field`.

    A bisection over the primary key: some thirty looks at one row each, however
    many rows there are. Rows that were numbered in another order than they came
    differ by moments; compare the time itself where that matters.
    """
    rows = rows.order_by("pk")
    low, high = 0, (rows.aggregate(last=Max("pk"))["last"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle, pk__lt=high).values_list("pk", field).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return low
