"""Keeps a workflow's redacted fields out of the run log before it is stored. Pure.

A field is named by its key, wherever it stands: in the event, in what a step
takes or gives, in a request or an answer. What the event holds under such a
name is also replaced where a step has carried it to another name, in every
spelling that a request may give it.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.masking import MASK, MIN_SECRET, mask_json, mask_text

MAX_VALUES = 50
"""Values of one event that are looked for under other names."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """The names whose values are hidden, and the values that the event has under them."""

    names: frozenset[str]
    values: tuple[str, ...]

    def log(self, log: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step's log without the values."""
        hidden: dict[str, Any] = self._hide(mask_json(dict(log), self.values))
        return hidden

    def text(self, text: str) -> str:
        """Return a text without the values."""
        return mask_text(text, self.values)

    def _hide(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._of_name(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._hide(item) for item in value]
        if isinstance(value, str) and value[:1] in ("{", "["):
            return self._hide_in_text(value)
        return value

    def _of_name(self, name: str, value: Any) -> Any:
        if name in self.names:
            return value if value is None else MASK
        return self._hide(value)

    def _hide_in_text(self, text: str) -> str:
        """Hide fields of a body that is JSON; any other text is left to the search for values."""
        try:
            inner = json.loads(text)
        except ValueError:
            return text
        hidden = self._hide(inner)
        return text if hidden == inner else json.dumps(hidden, ensure_ascii=False)


def redaction(names: Collection[str], event: Mapping[str, Any]) -> Redaction | None:
    """Return what hides these fields of a run with this event; None where nothing is redacted."""
    if not names:
        return None
    wanted = frozenset(name.rpartition(".")[2] for name in names)
    values = dict.fromkeys(_values_under(wanted, event, inside=False))
    return Redaction(wanted, tuple(values)[:MAX_VALUES])


def _values_under(names: frozenset[str], value: Any, *, inside: bool) -> Iterator[str]:
    """Yield the texts and numbers under these names that are long enough not to stand anywhere by chance."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _values_under(names, item, inside=inside or name in names)
    elif isinstance(value, list):
        for item in value:
            yield from _values_under(names, item, inside=inside)
    elif inside and isinstance(value, str | int | float) and len(str(value)) >= MIN_SECRET:
        yield str(value)
