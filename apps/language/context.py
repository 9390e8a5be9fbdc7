"""The state of one rendering: what a template can read, and what it has cost so far."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from liquid import BoundTemplate, RenderContext, Token
from liquid.builtin.tags.for_tag import ForLoop
from liquid.exceptions import ResourceLimitError
from liquid.output import LimitedStringIO
from liquid.utils import ReadOnlyChainMap

from apps.language.errors import MoneyError, TimeError, UnsafeJSONError
from apps.language.filters import FILTERS, MAX_ITEMS, MAX_TEXT, Filter, FilterError

MAX_OUTPUT: Final = 1_048_576
MAX_ITERATIONS: Final = 10_000
MAX_NAMESPACE: Final = 4_194_304
# About a second. One unit is one character that a filter or comparison reads
# or writes; a filter, an assignment and a node of a loop's body cost 32.
MAX_WORK: Final = 8_388_608
STEP_COST: Final = 32

_ITEM_SIZE: Final = 16


def size_of(value: Any) -> int:
    """Estimate what it costs to look at all of a value once, in characters."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, list | tuple | dict):
        return 1
    size = 0
    pending: list[Any] = [value]
    while pending and size <= MAX_WORK:
        item = pending.pop()
        if isinstance(item, str):
            size += len(item)
        elif isinstance(item, list | tuple | dict):
            size += len(item) * _ITEM_SIZE
            pending.extend(item.values() if isinstance(item, dict) else item)
    return size


class SandboxContext(RenderContext):
    """The state of one rendering: the data, names assigned so far, and what was spent."""

    __slots__ = ("_escape", "_sizes", "capturing", "iterations", "namespace", "work")

    def __init__(
        self, template: BoundTemplate, data: Mapping[str, Any], escape: Callable[[str], str] | None = None
    ) -> None:
        super().__init__(template, globals=data)
        # Without the interpreter's own names: `now` and `today` read the clock.
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self.work = 0
        self.iterations = 0
        self.namespace = 0
        self.capturing = 0
        self._escape = escape
        self._sizes: dict[str, int] = {}

    def spend(self, amount: int) -> None:
        """Count work, and stop a template that does too much of it."""
        self.work += amount
        if self.work > MAX_WORK:
            raise ResourceLimitError("this template does too much work.", token=None)

    def escaped(self, text: str) -> str:
        """Return a filled text as its reader needs it; a captured one is escaped where it is put out."""
        return text if self._escape is None or self.capturing else self._escape(text)

    def get(self, path: list[object], *, token: Token | None, default: object = None) -> object:
        """Return the value at a path, or null."""
        root = path[0]
        value: Any = self.resolve(root) if isinstance(root, str) else None
        for segment in path[1:]:
            value = self.get_item(value, segment)
        return value

    def resolve(self, name: str, *, token: Token | None = None, default: object = None) -> Any:
        """Return the value of a name, or null."""
        return self.scope.get(name)

    def get_item(self, obj: Any, key: Any) -> Any:
        """Return a part of JSON data, or null."""
        return item_of(obj, key)

    def get_buffer(self, buf: Any = None) -> LimitedStringIO:
        """Return a buffer for text that refuses what is over the limit with what `buf` holds already."""
        used = buf.size if isinstance(buf, LimitedStringIO) else 0
        # The interpreter's own would turn every line break into "\n".
        return LimitedStringIO(MAX_OUTPUT - used, newline="")

    def assign(self, key: str, val: Any) -> None:
        """Bind a name, within the limit for all of them together."""
        self.spend(STEP_COST)
        size = size_of(val)
        self.namespace += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        if self.namespace > MAX_NAMESPACE:
            raise ResourceLimitError("the names that this template assigns hold too much data.", token=None)
        self.locals[key] = val

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Count the iterations of a loop before it begins; of nested and of successive loops alike."""
        self.iterations += length
        if self.iterations > MAX_ITERATIONS:
            message = f"the loops of this template run more than {MAX_ITERATIONS:,} times."
            raise ResourceLimitError(message, token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return a filter with its checks around it."""
        return partial(self._apply, FILTERS[name])

    def _apply(self, entry: Filter, left: object, *arguments: object, **keywords: object) -> object:
        self.spend(STEP_COST + size_of(left) + sum(map(size_of, arguments)))
        try:
            result = entry.function(data_of(left), *map(data_of, arguments), **keywords)
        except (MoneyError, TimeError, UnsafeJSONError) as error:
            raise FilterError(error.message, code=error.code) from error
        if isinstance(result, str) and len(result) > MAX_TEXT:
            raise FilterError(f"its result has more than {MAX_TEXT:,} characters.", code="limit")
        if isinstance(result, list) and len(result) > MAX_ITEMS:
            raise FilterError(f"its result has more than {MAX_ITEMS:,} items.", code="limit")
        self.spend(size_of(result))
        return result


def item_of(obj: Any, key: Any) -> Any:
    """Return a part of JSON data, or null; `size`, `first` and `last` where data has no such field."""
    if isinstance(obj, dict | ForLoop):
        if isinstance(key, str) and key in obj:
            return obj[key]
        return len(obj) if key == "size" and isinstance(obj, dict) else None
    if isinstance(obj, list | tuple):
        if isinstance(key, int) and not isinstance(key, bool):
            return obj[key] if -len(obj) <= key < len(obj) else None
        return _of_list(obj, key)
    return len(obj) if key == "size" and isinstance(obj, str) else None


def _of_list(items: Any, key: object) -> Any:
    if key == "size":
        return len(items)
    if key == "first":
        return items[0] if items else None
    if key == "last":
        return items[-1] if items else None
    return None


def data_of(value: object) -> object:
    """Return a value as the data that filters know; loop objects and `empty` are none."""
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, Decimal) else None
