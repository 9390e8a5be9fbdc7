"""What an approval shows of the steps behind it: frozen as they will be sent, masked, money readable."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, Field, Semantic
from apps.common import look
from apps.common.masking import mask_json
from apps.language import money
from apps.language.errors import LanguageError
from apps.runs import journal

MAX_CUTS = 20
"""Remarks on what is not shown of one step."""

_UNITS = {"minor units": "minor", "major units": "major"}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One input: its name, its value as text, and the sum of money that it is, if any."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShownAction:
    """One step behind the approval. `rows` is None where its inputs are not known yet.

    `branch` says when it is reached, "" for always; `cut` tells what of its inputs is not shown.
    """

    step: str
    what: str
    connection: str
    rows: tuple[ShownRow, ...] | None
    branch: str = ""
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """The steps behind an approval; `whole` where every value that they send is shown."""

    steps: tuple[ShownAction, ...]

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left out: each value is known and shown to its end."""
        return all(each.rows is not None and not each.cut for each in self.steps)


def freeze(
    shown: Iterable[Mapping[str, Any]], *, names: Mapping[str, str], secrets: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what the engine shows as it is stored: masked and bounded like the run log.

    `names` are the connections' by their codes.
    """
    return [_frozen(each, names, secrets) for each in shown]


def _frozen(each: Mapping[str, Any], names: Mapping[str, str], secrets: Sequence[str]) -> dict[str, Any]:
    frozen = {
        "step": journal.clean(str(each.get("step") or "")),
        "action": str(each.get("action") or ""),
        "connection": names.get(str(each.get("connection") or ""), ""),
        "inputs": _masked(each, secrets),
    }
    told = {"branch": journal.clean(str(each.get("branch") or "")), "cut": _left_out(each, secrets)}
    return frozen | {key: value for key, value in told.items() if value}


def text(value: str, secrets: Sequence[str]) -> str:
    """Return a text as it is stored: masked and bounded."""
    return str(journal.clean(mask_json(value, secrets)))


def present(stored: Any) -> Shown:
    """Return the stored steps as a page shows them."""
    steps = stored if isinstance(stored, list) else []
    return Shown(tuple(_present(each) for each in steps if isinstance(each, dict)))


def _masked(each: Mapping[str, Any], secrets: Sequence[str]) -> dict[str, Any] | None:
    inputs = each.get("inputs")
    if not isinstance(inputs, Mapping):
        return None
    action = _action(str(each.get("action") or ""))
    return journal.declared(inputs, action.inputs if action else (), secrets)


def _left_out(each: Mapping[str, Any], secrets: Sequence[str]) -> list[str]:
    """List what of an action's inputs is not stored, and so not shown, in the words of a page."""
    inputs = each.get("inputs")
    if not isinstance(inputs, Mapping):
        return []
    action = _action(str(each.get("action") or ""))
    fields = {field.key: field for field in action.inputs} if action else {}
    told = [f"“{key}” is not shown." for key in inputs if key not in fields]
    for key, field in fields.items():
        if key in inputs and not field.secret:
            whole = mask_json(inputs[key], secrets)
            told += [
                f"{words} of “{field.label}” are not shown." for words in _cuts(whole, journal.clean(whole))
            ]
    return told[:MAX_CUTS]


def _cuts(whole: Any, kept: Any) -> Iterator[str]:
    if isinstance(whole, str) and isinstance(kept, str):
        if len(whole.encode("utf-8", "replace")) > journal.MAX_TEXT_BYTES:
            yield f"{len(whole) - len(kept.rstrip('…')):,} more characters"
    elif isinstance(whole, Mapping | list | tuple):
        if not isinstance(kept, dict | list):
            yield "Values nested too deep"
            return
        if len(whole) > len(kept):
            yield f"{len(whole) - len(kept):,} more"
        inner = whole.values() if isinstance(whole, Mapping) else whole
        for one, other in zip(inner, kept.values() if isinstance(kept, dict) else kept, strict=False):
            yield from _cuts(one, other)


def _present(each: Mapping[str, Any]) -> ShownAction:
    ref, inputs = str(each.get("action") or ""), each.get("inputs")
    action = _action(ref)
    rows = None
    if isinstance(inputs, dict):
        known = {field.key: field for field in action.inputs} if action else {}
        rows = tuple(_row(key, value, known.get(key), action, inputs) for key, value in inputs.items())
    what = f"{action.name} in {registry.get_action(ref)[0].name}" if action else ref
    cut = each.get("cut")
    return ShownAction(
        str(each.get("step") or ""),
        what,
        str(each.get("connection") or ""),
        rows,
        branch=str(each.get("branch") or ""),
        cut=tuple(map(str, cut)) if isinstance(cut, list) else (),
    )


def _row(
    key: str, value: Any, field: Field | None, action: Action | None, inputs: Mapping[str, Any]
) -> ShownRow:
    label = field.label if field else key
    if field and field.choices:
        value = next((choice.label for choice in field.choices if choice.value == value), value)
    text = "Yes" if value is True else "No" if value is False else look.pretty(value)
    return ShownRow(label, text, _sum(field, value, action, inputs) if field and action else "")


def _sum(field: Field, value: Any, action: Action, inputs: Mapping[str, Any]) -> str:
    """Return the sum of money that an amount is, such as “12.50 USD”; "" where that can't be told."""
    unit = str(inputs.get(field.unit_from or "") or "") or _UNITS.get(field.unit or "", "")
    if not unit and field.semantic is Semantic.AMOUNT:
        unit = "minor"
    currency = next((each for each in action.inputs if each.semantic is Semantic.CURRENCY), None)
    code = inputs.get(currency.key) if currency else None
    if unit not in ("minor", "major") or not code:
        return ""
    try:
        minor = money.to_minor(value, str(code)) if unit == "major" else int(value)
        return money.format_money(minor, str(code), "code")
    except (LanguageError, ValueError, TypeError):
        return ""


def _action(ref: str) -> Action | None:
    try:
        return registry.get_action(ref)[1]
    except UnknownKeyError:
        return None
