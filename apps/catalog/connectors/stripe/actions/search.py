"""Stripe's search: clauses are built and escaped here, and what comes back is compared with them.

The language, its fields and operators: https://docs.stripe.com/search. Search
lags behind by up to a minute; where that matters a list is read instead.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.catalog.connectors.stripe.actions.listing import LIMIT, page_of, page_outputs, rows_of
from apps.catalog.connectors.stripe.actions.operation import Read, action
from apps.catalog.connectors.stripe.actions.params import choice, param, wrong
from apps.catalog.connectors.stripe.flatten import Pick, dig
from apps.catalog.spec import Action, Choice, Effect, Field, FieldType

MAX_CLAUSES = 10
MIN_CONTAINED = 3
METADATA_FIELD = "metadata"


class Kind(StrEnum):
    """What a search field holds, which decides how it is compared."""

    EXACT = "exact"  # A token: only the whole value.
    TEXT = "text"  # Also a part of it.
    NUMBER = "number"


OPERATORS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "more_than": "is more than",
    "at_least": "is at least",
    "less_than": "is less than",
    "at_most": "is at most",
}
_SIGNS = {"more_than": ">", "at_least": ">=", "less_than": "<", "at_most": "<="}
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "is": lambda found, asked: found == asked,
    "is_not": lambda found, asked: found != asked,
    "more_than": lambda found, asked: found > asked,
    "at_least": lambda found, asked: found >= asked,
    "less_than": lambda found, asked: found < asked,
    "at_most": lambda found, asked: found <= asked,
}
_NUMBER = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison. `key` is the metadata key where `field` is metadata; `number` is the value's."""

    field: str
    operator: str
    value: str
    kind: Kind
    key: str = ""

    def written(self) -> str:
        """Return the clause in Stripe's language."""
        name = f'{METADATA_FIELD}["{_escaped(self.key)}"]' if self.field == METADATA_FIELD else self.field
        value = self.value if self.kind is Kind.NUMBER else f'"{_escaped(self.value)}"'
        negated = "-" if self.operator == "is_not" else ""
        sign = "~" if self.operator == "contains" else _SIGNS.get(self.operator, ":")
        return f"{negated}{name}{sign}{value}"

    def fits(self, found: Any) -> bool:
        """Tell whether an object is what the clause asks for; Stripe compares text without case."""
        value = (
            dig(found, METADATA_FIELD, self.key) if self.field == METADATA_FIELD else dig(found, self.field)
        )
        if isinstance(value, Mapping):
            value = value.get("id")
        if self.kind is Kind.NUMBER:
            number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
            return number is not None and _COMPARE[self.operator](number, int(self.value))
        asked, text = self.value.casefold(), str(value).casefold() if value is not None else ""
        if self.operator == "is_not":
            return text != asked
        if self.operator == "contains":
            # Stripe compares words; each of them must be there.
            return all(word in text for word in asked.split())
        return text == asked


def _escaped(text: str) -> str:
    """Return a text that stands between quotes: it can't end them, nor begin a new clause."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def clause(row: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Clause:
    """Return one clause of (field, operator, value); raises `Permanent` naming the input."""
    field, operator = str(row["field"]), str(row.get("operator") or "is")
    value, key = str(row["value"]).strip(), str(row.get("metadata_key") or "").strip()
    kind = kinds[field]
    if field == METADATA_FIELD and not key:
        raise wrong("metadata_key", "A search by metadata needs the key.", "Fill the metadata key.")
    if kind is Kind.NUMBER and not _NUMBER.fullmatch(value):
        raise wrong("value", f"“{field}” is compared with a whole number.", "Enter digits only.")
    if kind is not Kind.NUMBER and operator in _SIGNS:
        raise wrong("operator", f"“{field}” can't be compared by size.", "Choose “is” or “contains”.")
    if operator == "contains" and (kind is not Kind.TEXT or len(value) < MIN_CONTAINED):
        raise wrong(
            "operator",
            f"“contains” needs a text field and at least {MIN_CONTAINED} characters.",
            "Choose “is”, or enter more.",
        )
    if any(ord(character) < ord(" ") for character in value + key):
        raise wrong("value", "The value has a line break or another control character.", "Remove it.")
    return Clause(field, operator, value, kind, key)


def clauses_of(inputs: Mapping[str, Any], kinds: Mapping[str, Kind]) -> list[Clause]:
    """Return every clause of a search; raises `Permanent`."""
    rows = [inputs, *inputs.get("more", ())]
    if len(rows) > MAX_CLAUSES:
        raise wrong("more", f"Stripe takes {MAX_CLAUSES} comparisons at most.", "Leave some out.")
    return [clause(row, kinds) for row in rows]


def query(inputs: Mapping[str, Any], kinds: Mapping[str, Kind]) -> str:
    """Return the whole query; Stripe does not take “and” and “or” together."""
    joiner = " OR " if inputs.get("match") == "any" else " AND "
    return joiner.join(each.written() for each in clauses_of(inputs, kinds))


def _row_fields(kinds: Mapping[str, Kind]) -> Iterator[Field]:
    yield Field(
        key="field",
        label="Field",
        type=FieldType.CHOICE,
        choices=tuple(Choice(value=name, label=_label(name)) for name in kinds),
        required=True,
        help_text="What is compared.",
        example=next(iter(kinds)),
    )
    yield Field(
        key="operator",
        label="Operator",
        type=FieldType.CHOICE,
        choices=tuple(Choice(value=key, label=label) for key, label in OPERATORS.items()),
        default="is",
        help_text="How it is compared. “contains” is for texts, more and less for numbers and times.",
        example="is",
    )
    yield Field(
        key="value",
        label="Value",
        required=True,
        help_text="What it is compared with; times in unix seconds, amounts in minor units.",
        example="jane@example.com",
        max_bytes=1000,
    )
    yield Field(
        key="metadata_key",
        label="Metadata key",
        help_text="Only for the field metadata: which of your own keys.",
        example="plan",
        max_bytes=200,
    )


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def searching(
    key: str,
    name: str,
    description: str,
    method: str,
    *,
    kinds: Mapping[str, Kind],
    example: str,
    picks: tuple[Pick, ...],
    docs: str,
) -> Action:
    """Return the action that searches; `kinds` are the fields, `example` a value of the first."""
    row = tuple(_row_fields(kinds))
    sample = {"field": next(iter(kinds)), "operator": "is", "value": example}
    params = (
        *(
            param(
                each.key,
                each.label,
                type=each.type,
                help_text=each.help_text,
                example=example if each.key == "value" else each.example,
                required=each.required,
                default=each.default,
                choices=each.choices,
                max_bytes=each.max_bytes,
                at="query" if each.key == "value" else "",
                write=(lambda _, inputs: query(inputs, kinds)) if each.key == "value" else None,
            )
            for each in row
        ),
        param(
            "more",
            "More comparisons",
            type=FieldType.LIST,
            help_text="A list of objects with field, operator, value and, for metadata, metadata_key.",
            example=[sample],
            fields=row,
            at="",
            narrows=True,
        ),
        choice(
            "match",
            "Match",
            {"all": "All comparisons", "any": "Any comparison"},
            help_text="Whether all comparisons must hold, or one is enough.",
            example="all",
            default="all",
            at="",
        ),
        LIMIT,
        param(
            "page",
            "Page",
            help_text="What “Next page” gave, to read the next page.",
            example="WyIwIl0=",
            max_bytes=2000,
        ),
    )
    next_page = Field(
        key="next_page",
        label="Next page",
        help_text="Enter it as “Page” to read on; empty when there is no more.",
        example="WyIwIl0=",
    )
    return action(
        key,
        name,
        description,
        method,
        effect=Effect.READ,
        params=params,
        reads=_reader(picks, kinds),
        outputs=page_outputs(picks, more=(next_page,)),
        docs=f"{docs}/search",
    )


def _reader(picks: tuple[Pick, ...], kinds: Mapping[str, Kind]) -> Read:
    def read_found(answer: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        asked = clauses_of(inputs, kinds)
        holds = any if inputs.get("match") == "any" else all
        rows = [row for row in rows_of(answer) if holds(each.fits(row) for each in asked)]
        next_page = answer.get("next_page")
        return {
            **page_of(rows, picks, has_more=answer.get("has_more") is True),
            "next_page": next_page if isinstance(next_page, str) else None,
        }

    return read_found
