"""One page of a list (https://docs.stripe.com/api/pagination)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.operation import Read, action
from apps.catalog.connectors.stripe.actions.params import Param, changed, moment, whole
from apps.catalog.connectors.stripe.actions.shared import identifier
from apps.catalog.connectors.stripe.flatten import Pick, fields_of, read
from apps.catalog.spec import Action, Effect, Field, FieldType

MOST_ROWS = 100

LIMIT = whole(
    "limit",
    "Limit",
    help_text="How many at most, from 1 to 100.",
    example=10,
    default=10,
    low=1,
    high=MOST_ROWS,
)
_CREATED = (
    moment(
        "created_after",
        "Created after",
        help_text="Only what was made at this time or later, in unix seconds.",
        example=1794744000,
        at="created.gte",
    ),
    moment(
        "created_before",
        "Created before",
        help_text="Only what was made before this time, in unix seconds.",
        example=1795000000,
        at="created.lt",
    ),
)


def page_outputs(picks: tuple[Pick, ...], *, more: tuple[Field, ...] = ()) -> tuple[Field, ...]:
    """Return the outputs of a page whose rows have these fields."""
    fields = fields_of(picks)
    row = {field.key: field.example for field in fields}
    first = fields[0]
    return (
        Field(
            key="items",
            label="Items",
            type=FieldType.LIST,
            help_text="What was found, newest first; each has the fields of the same action for one.",
            example=[row],
            fields=fields,
        ),
        Field(
            key="count",
            label="Count",
            type=FieldType.INTEGER,
            help_text="How many are in this page.",
            example=1,
        ),
        Field(
            key="has_more",
            label="Has more",
            type=FieldType.BOOLEAN,
            help_text="Whether Stripe has more behind this page.",
            example=False,
        ),
        Field(
            key="first_id",
            label="First id",
            help_text="The id of the first one; empty when there is none.",
            example=first.example,
        ),
        Field(
            key="only_id",
            label="Only id",
            help_text="The id when exactly one was found; empty for none and for several.",
            example=first.example,
        ),
        *more,
    )


def page_of(rows: list[Any], picks: tuple[Pick, ...], *, has_more: bool) -> dict[str, Any]:
    """Return a page's outputs; `rows` are Stripe's objects."""
    items = [read(picks, row) for row in rows]
    ids = [item[picks[0].field.key] for item in items]
    return {
        "items": items,
        "count": len(items),
        "has_more": has_more,
        "first_id": ids[0] if ids else None,
        "only_id": ids[0] if len(ids) == 1 and not has_more else None,
    }


def rows_of(answer: Mapping[str, Any]) -> list[Any]:
    """Return the objects of a page; whatever is no object is left out."""
    data = answer.get("data")
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def listing(
    key: str,
    name: str,
    description: str,
    method: str,
    *,
    params: tuple[Param, ...] = (),
    picks: tuple[Pick, ...],
    prefix: str,
    docs: str,
    rules: tuple[Any, ...] = (),
) -> Action:
    """Return the action that reads one page, newest first."""
    last = Field(
        key="last_id",
        label="Last id",
        help_text="Enter it as “After” to read the next page; empty when there is none.",
        example=fields_of(picks)[0].example,
    )
    after = identifier(
        "starting_after",
        "After",
        prefix,
        fields_of(picks)[0].example,
        help_text="The last id of the page before, to read the next one.",
    )
    return action(
        key,
        name,
        description,
        method,
        effect=Effect.READ,
        params=(*(changed(each, narrows=True) for each in (*params, *_CREATED)), LIMIT, after),
        reads=_page_reader(picks),
        outputs=page_outputs(picks, more=(last,)),
        docs=f"{docs}/list",
        rules=rules,
    )


def _page_reader(picks: tuple[Pick, ...]) -> Read:
    def read_page(answer: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
        page = page_of(rows_of(answer), picks, has_more=answer.get("has_more") is True)
        ids = [item[picks[0].field.key] for item in page["items"]]
        return {**page, "last_id": ids[-1] if page["has_more"] and ids else None}

    return read_page
