"""The run log: what people see of a step, masked, declared and bounded.

Whatever goes into it passes `clean` first, so that every database can store it:
a provider's answer may hold NUL, lone surrogates or NaN.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from apps.catalog.spec import Action, Field, Semantic
from apps.common.masking import MASK, is_sensitive_key, is_untouched, mask_json, truncate_bytes
from apps.language.paths import Path
from apps.runs.finding.keys import stored_hash
from apps.runs.finding.paths import values_at
from apps.runs.models import Run, SearchKey
from apps.runs.rows import NewKey
from apps.workflows.engine.effects import Record

MAX_TEXT_BYTES = 16_384
MAX_ITEMS = 200
MAX_DEPTH = 24
MAX_EXCHANGES = 10
MAX_SEARCH_KEYS = 30
MAX_SEARCHED = 320
"""Characters of a value that can be searched for: the longest e-mail address."""

_IDENTIFIERS = frozenset(
    {
        Semantic.PERSON_ID,
        Semantic.CUSTOMER,
        Semantic.SUBSCRIPTION,
        Semantic.INVOICE,
        Semantic.CHARGE,
        Semantic.PAYMENT_INTENT,
    }
)


def clean(value: Any, *, depth: int = 0) -> Any:
    """Return a copy that any database can store as JSON: bounded in depth, length and text."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)[:64]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {_text(str(key)): clean(item, depth=depth + 1) for key, item in _first(value.items())}
    if isinstance(value, list | tuple):
        return [clean(item, depth=depth + 1) for item in _first(value)]
    return _text(str(value))


def step_log(
    record: Record,
    *,
    action: Action | None,
    exchanges: Sequence[Mapping[str, Any]],
    secrets: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the log of a step that has ended: input, output, exchanges, conditions, branch, note.

    Of an action the declared fields; what other steps take and give is the operator's own.
    """
    log = call_log(record.inputs, action=action, exchanges=exchanges, secrets=secrets)
    outputs = record.outputs or {}
    if record.kind == "action":
        log["output"] = declared(outputs, action.outputs if action else (), secrets)
    else:
        log["input"] = _shown(dict(record.inputs), secrets)
        log["output"] = _shown(dict(outputs), secrets)
    if record.conditions:
        log["conditions"] = _shown(list(record.conditions), secrets)
    told = {"branch": record.branch, "note": record.note, "index": record.index}
    log |= {name: clean(value) for name, value in told.items() if value not in ("", None)}
    return log


def call_log(
    inputs: Mapping[str, Any],
    *,
    action: Action | None,
    exchanges: Sequence[Mapping[str, Any]],
    secrets: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the log of a step whose call has not come to an end."""
    return {
        "input": declared(inputs, action.inputs if action else (), secrets),
        "exchanges": _latest(exchanges) if _is_clean(list(exchanges)) else clean(_latest(exchanges)),
    }


def values_to_find(
    fields: Iterable[Field], data: Mapping[str, Any], paths: Sequence[Path] = ()
) -> set[tuple[str, str]]:
    """Return the (kind, value) pairs by which a run with these values can be searched.

    `paths` are those of the data that somebody chose to search by.
    """
    found = set(_keys(fields, data))
    return found.union(values_at(paths, data)) if paths else found


def person_in(fields: Iterable[Field], data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the (kind, value) of the person whom an event is about, one of `values_to_find`; or None."""
    by_semantic = {field.semantic: field for field in reversed(list(fields))}
    for semantic in (Semantic.EMAIL, Semantic.PERSON_ID, Semantic.CUSTOMER):
        field = by_semantic.get(semantic)
        found = next(_keys([field], data), None) if field else None
        if found is not None:
            return found
    return None


def search_keys(run: Run, found: Iterable[tuple[str, str]]) -> list[NewKey]:
    """Return the rows for these pairs: keyed hashes, never the values."""
    workspace = str(run.workspace.code)
    return [
        NewKey(run.workspace_id, kind, stored_hash(value, kind=kind, workspace=workspace), run.pk)
        for kind, value in sorted(found)[:MAX_SEARCH_KEYS]
    ]


def declared(values: Mapping[str, Any], fields: Sequence[Field], secrets: Sequence[str]) -> dict[str, Any]:
    """Return the values of declared fields only; those of secret fields as a mask."""
    shown = {
        field.key: MASK if field.secret else values[field.key] for field in fields if field.key in values
    }
    masked: dict[str, Any] = _shown(shown, secrets)
    return masked


def _shown(value: Any, secrets: Sequence[str]) -> Any:
    """Return a value masked and cleaned. Nearly every value is so already, which one look tells."""
    if _is_clean(value, secrets):
        return value
    # Masked before it is cut: half a secret is no longer recognised.
    return clean(mask_json(value, secrets))


def _is_clean(value: Any, secrets: Sequence[str] | None = None) -> bool:
    """Tell that `clean`, and masking where `secrets` are given, would leave the value as it is."""
    if not _is_plain(value, masked=secrets is None):
        return False
    written = json.dumps(value)
    if len(written) > MAX_TEXT_BYTES or "\\u0000" in written or "\\ud" in written:
        return False
    return secrets is None or is_untouched(written, secrets)


def _is_plain(value: Any, *, masked: bool, depth: int = 0) -> bool:
    """Tell that a value is bounded JSON but for its texts; unless it is masked, no key names a secret."""
    kind: type = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-(2**63) <= value < 2**63)
    if kind is float:
        return math.isfinite(value)
    if kind not in (dict, list) or depth >= MAX_DEPTH or len(value) > MAX_ITEMS:
        return False
    if kind is list:
        return all(_is_plain(item, masked=masked, depth=depth + 1) for item in value)
    return all(
        type(key) is str
        and (masked or not is_sensitive_key(key))
        and _is_plain(item, masked=masked, depth=depth + 1)
        for key, item in value.items()
    )


def _keys(fields: Iterable[Field], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = data.get(field.key)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_SEARCHED:
            continue
        if field.semantic is Semantic.EMAIL or (field.semantic is Semantic.PERSON_ID and "@" in value):
            yield SearchKey.Kind.EMAIL.value, value
        elif field.semantic in _IDENTIFIERS:
            yield SearchKey.Kind.IDENTIFIER.value, value


def _latest(exchanges: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first exchange and the latest ones."""
    if len(exchanges) <= MAX_EXCHANGES:
        return list(exchanges)
    return [exchanges[0], *exchanges[-(MAX_EXCHANGES - 1) :]]


def _first(items: Iterable[Any]) -> Iterator[Any]:
    for count, item in enumerate(items):
        if count >= MAX_ITEMS:
            return
        yield item


def _text(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text
    return truncate_bytes(text, MAX_TEXT_BYTES)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
