"""What a test shows of each step: masked, bounded, in the shape of the editor's API."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, Field
from apps.common.masking import MASK, mask_json, mask_text
from apps.console.editor.testing.sending import Tried
from apps.runs.journal import clean
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.effects import Record, StepError, StepOutcome

MAX_ITEMS = 10
"""How many items of a list a loop runs in a dry test."""

MAX_RESULTS = 1000
"""Steps of one test that are shown; a draft with loops in loops may run more."""

_INDEX = re.compile(r"\[(\d+)\]")


def id_of(path: str) -> str:
    """Return the id of the step that a path names; a look-up of the trigger is the trigger's."""
    return "trigger" if path.startswith("trigger.") else path.rpartition(".")[2]


def index_of(path: str) -> int | None:
    """Return the number of the innermost item, from 0; None outside of loops."""
    found = _INDEX.findall(path)
    return int(found[-1]) if found else None


class Results:
    """The results of one test, in the order in which the steps ended. `secrets` are masked everywhere."""

    def __init__(self, definition: Definition, catalog: Catalog, secrets: Sequence[str]) -> None:
        self._definition = definition
        self._catalog = catalog
        self._secrets = tuple(dict.fromkeys(secrets))
        self._steps: dict[str, dict[str, Any]] = {}
        self._notes: dict[str, list[str]] = {}

    def note(self, path: str, text: str) -> None:
        """Keep what is to be said of a step once it has ended."""
        self._notes.setdefault(path, []).append(text)

    def ended(self, record: Record, tried: Tried | None) -> None:
        """Keep the result of a step that has ended."""
        if len(self._steps) >= MAX_RESULTS:
            return
        action = self._action(record.action)
        inputs, outputs = dict(record.inputs), dict(record.outputs or {})
        self._steps[record.path] = {
            "path": record.path,
            "id": id_of(record.path),
            "index": index_of(record.path),
            "name": self._text(record.name),
            "kind": record.kind,
            "outcome": record.outcome.value,
            "branch": self._text(record.branch),
            "inputs": self._values(inputs, action.inputs if action else ()),
            "outputs": self._values(outputs, action.outputs if action else ()),
            "conditions": clean(mask_json(list(record.conditions), self._secrets)),
            "error": self._error(record.error),
            **self._calls(tried, failed=record.outcome is StepOutcome.FAILED),
        }
        if record.kind == "for_each" and record.note:
            self.note(record.path, f"A dry test runs {MAX_ITEMS} items at most.")
        if tried is not None and tried.note:
            self.note(record.path, tried.note)
        self._steps[record.path]["note"] = " ".join(
            [*([record.note] if record.note else []), *self._notes.get(record.path, ())]
        )

    def stopped(self, path: str, error: StepError, tried: Tried | None) -> None:
        """Keep the result of a step that a real run would come back to; a test does not."""
        step = self._definition.step(id_of(path))
        self._steps[path] = {
            "path": path,
            "id": id_of(path),
            "index": index_of(path),
            "name": self._text(step.name if step else id_of(path)),
            "kind": step.kind if step else "action",
            "outcome": StepOutcome.FAILED.value,
            "branch": "",
            "inputs": {},
            "outputs": {},
            "conditions": [],
            "error": self._error(error),
            **self._calls(tried, failed=True),
            "note": "A real run would wait here and try again, or ask a person; a test ends.",
        }

    def as_json(self) -> list[dict[str, Any]]:
        """Return every result."""
        return list(self._steps.values())

    def _calls(self, tried: Tried | None, *, failed: bool) -> dict[str, Any]:
        if tried is None:
            return {"sampled": False, "requests": [], "exchanges": [], "ms": 0}
        return {
            "sampled": tried.sampled and not failed,
            "requests": [clean(_request(each)) for each in tried.requests],
            "exchanges": [clean(dict(each)) for each in tried.exchanges],
            "ms": tried.ms,
        }

    def _values(self, values: Mapping[str, Any], fields: Sequence[Field]) -> Any:
        hidden = {field.key for field in fields if field.secret}
        shown = {key: MASK if key in hidden else value for key, value in values.items()}
        # Masked before it is cut: half a secret is no longer recognised.
        return clean(mask_json(shown, self._secrets))

    def _error(self, error: StepError | None) -> dict[str, str] | None:
        if error is None:
            return None
        return {
            "code": error.code,
            "message": self._text(error.message),
            "remedy": self._text(error.remedy),
            "field": error.field,
        }

    def _text(self, text: str) -> str:
        cleaned: str = clean(mask_text(text, self._secrets))
        return cleaned

    def _action(self, ref: str) -> Action | None:
        try:
            return self._catalog.get_action(ref)[1] if ref else None
        except UnknownKeyError:
            return None


def _request(exchange: Mapping[str, Any]) -> dict[str, Any]:
    return {name: exchange.get(name) for name in ("method", "url", "headers", "body", "key")}
