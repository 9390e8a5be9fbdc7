"""Filters that work on lists. Null counts as an empty list; anything else is refused."""

from collections.abc import Callable
from typing import Any

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.language.filters.arithmetic import add
from apps.language.filters.registry import MAX_ITEMS, FilterError, refuse_longer, register, text_of, whole
from apps.language.values import is_number, to_decimal, type_name


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return list(value)
    raise FilterError(f"{name} needs a list, but got {type_name(value)}.")


def _field(item: Any, key: Any, name: str) -> Any:
    if not isinstance(key, str):
        raise FilterError(f"{name} needs the name of a field as its argument.")
    if not isinstance(item, dict):
        raise FilterError(f"{name} needs a list of objects, but one item is {type_name(item)}.")
    return item.get(key)


@register(
    "size",
    help="Counts the characters of text, the items of a list or the fields of an object.",
    example="{{ 'Ada' | size }}",
    gives="3",
)
def _size(left: Any) -> int:
    if left is None:
        return 0
    if isinstance(left, str | list | dict):
        return len(left)
    raise FilterError(f"size needs text, a list or an object, but got {type_name(left)}.")


@register(
    "first",
    help="Gives the first item of a list, or null.",
    example="{{ 'a,b' | split: ',' | first }}",
    gives="a",
)
def _first(left: Any) -> Any:
    return next(iter(_list(left, "first")), None)


@register(
    "last",
    help="Gives the last item of a list, or null.",
    example="{{ 'a,b' | split: ',' | last }}",
    gives="b",
)
def _last(left: Any) -> Any:
    return next(reversed(_list(left, "last")), None)


@register(
    "join",
    help="Writes the items of a list as one text, with a separator (a space unless given).",
    example="{{ 'b,a' | split: ',' | sort | join: ' + ' }}",
    gives="a + b",
    arguments=(0, 1),
)
def _join(left: Any, separator: Any = " ") -> str:
    glue = text_of(separator, "join")
    items = [text_of(item, "join") for item in _list(left, "join")]
    refuse_longer(sum(map(len, items)) + len(glue) * len(items))
    return glue.join(items)


@register(
    "concat",
    help="Adds the items of another list.",
    example="{{ 'a' | split: ',' | concat: trigger.tags | json }}",
    gives='["a","new","paid"]',
    arguments=(1, 1),
)
def _concat(left: Any, right: Any) -> list[Any]:
    first, second = _list(left, "concat"), _list(right, "concat")
    refuse_longer(len(first) + len(second), limit=MAX_ITEMS)
    return first + second


@register(
    "reverse",
    help="Turns the order of a list around.",
    example="{{ 'a,b' | split: ',' | reverse | join }}",
    gives="b a",
)
def _reverse(left: Any) -> list[Any]:
    return _list(left, "reverse")[::-1]


def _order(values: list[Any], name: str) -> Callable[[Any], Any]:
    if all(is_number(value) for value in values):
        return to_decimal
    if all(isinstance(value, str) for value in values):
        return str
    raise FilterError(f"{name} can order numbers, or texts, but not a list of different kinds.")


@register(
    "sort",
    help="Orders numbers or texts, or objects by a field. Nulls come last.",
    example="{{ 'b,c,a' | split: ',' | sort | join }}",
    gives="a b c",
    arguments=(0, 1),
)
def _sort(left: Any, key: Any = None) -> list[Any]:
    items = _list(left, "sort")
    keyed = [(item if key is None else _field(item, key, "sort"), item) for item in items]
    present = [(value, item) for value, item in keyed if value is not None]
    order = _order([value for value, _ in present], "sort")
    present.sort(key=lambda pair: order(pair[0]))
    return [item for _, item in present] + [item for value, item in keyed if value is None]


@register(
    "uniq",
    help="Drops items that came before, compared whole or by a field.",
    example="{{ 'a,b,a' | split: ',' | uniq | join }}",
    gives="a b",
    arguments=(0, 1),
)
def _uniq(left: Any, key: Any = None) -> list[Any]:
    seen: dict[bytes, Any] = {}
    for item in _list(left, "uniq"):
        value = item if key is None else _field(item, key, "uniq")
        try:
            seen.setdefault(safe_json.dumps(value), item)
        except UnsafeJSONError as error:
            raise FilterError(error.message, code=error.code) from error
    return list(seen.values())


@register(
    "compact",
    help="Drops nulls from a list.",
    example="{{ trigger.names | compact | join }}",
    gives="Ada Grace",
)
def _compact(left: Any) -> list[Any]:
    return [item for item in _list(left, "compact") if item is not None]


@register(
    "map",
    help="Picks one field of each object in a list.",
    example="{{ trigger.items | map: 'id' | join }}",
    gives="i_1 i_2",
    arguments=(1, 1),
)
def _map(left: Any, key: Any) -> list[Any]:
    return [_field(item, key, "map") for item in _list(left, "map")]


def _same(first: Any, second: Any) -> bool:
    # In Python true equals 1.
    return first == second and isinstance(first, bool) == isinstance(second, bool)


@register(
    "where",
    help="Keeps the objects whose field has a value; without one, those where it is not null or false.",
    example="{{ trigger.items | where: 'paid', true | map: 'id' | join }}",
    gives="i_2",
    arguments=(1, 2),
)
def _where(left: Any, key: Any, *value: Any) -> list[Any]:
    items = [(_field(item, key, "where"), item) for item in _list(left, "where")]
    if value:
        return [item for found, item in items if _same(found, value[0])]
    return [item for found, item in items if found is not None and found is not False]


@register(
    "sum",
    help="Adds up the numbers of a list, or a field of its objects. Nulls are left out.",
    example="{{ trigger.items | sum: 'amount' }}",
    gives="3000",
    arguments=(0, 1),
)
def _sum(left: Any, key: Any = None) -> Any:
    items = _list(left, "sum")
    values = items if key is None else [_field(item, key, "sum") for item in items]
    return add([value for value in values if value is not None], "sum")


@register(
    "slice",
    help="Takes a part of text or of a list: where it starts (negative from the end) and how long it is.",
    example="{{ '4242424242424242' | slice: -4, 4 }}",
    gives="4242",
    arguments=(1, 2),
)
def _slice(left: Any, start: Any, length: Any = 1) -> Any:
    if left is None:
        return None
    items = left if isinstance(left, list) else text_of(left, "slice")
    begin, count = whole(start, "slice"), max(whole(length, "slice"), 0)
    if begin < 0:
        begin = max(begin + len(items), 0)
    return items[begin : begin + count]
