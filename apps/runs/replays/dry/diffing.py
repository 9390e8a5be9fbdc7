"""What differs between two values, two requests, and two executions of one event."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from apps.common import look
from apps.runs.models import Run, StepRun
from apps.runs.replays.dry.told import DryRun, DryStep

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "identical"
MAX_LINES = 200
MAX_TEXT = 400
_VOLATILE = frozenset({"user-agent", "date", "content-length", "x-stripe-client-user-agent"})
"""Headers that say nothing of what is asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value that differs. `mark` is "added", "removed" or "changed"; `where` is its place."""

    mark: str
    where: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What differs in one part of a step, as its input or its second request."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class StepDiff:
    """One step in both executions. `mark` is one of "added", "removed", "changed", "identical"."""

    path: str
    name: str
    mark: str
    old_status: str = ""
    new_status: str = ""
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int = 0


@dataclass(frozen=True, slots=True)
class RunDiff:
    """Both executions compared, in the order of the steps. `end` says how the ends differ."""

    steps: tuple[StepDiff, ...]
    end: tuple[Line, ...] = ()
    reason: str = ""

    @property
    def identical(self) -> bool:
        """Tell whether nothing differs."""
        return not self.end and all(step.mark == SAME for step in self.steps)

    @property
    def differing(self) -> list[StepDiff]:
        """Return the steps that differ."""
        return [step for step in self.steps if step.mark != SAME]

    @property
    def told(self) -> str:
        """Return the difference in a few words."""
        if self.identical:
            return "Identical: the same steps, results and requests."
        counts = [(mark, sum(step.mark == mark for step in self.steps)) for mark in (CHANGED, ADDED, REMOVED)]
        parts = [f"{count} {mark}" for mark, count in counts if count]
        same = sum(step.mark == SAME for step in self.steps)
        words = f"Steps: {', '.join(parts)}, {same} identical." if parts else ""
        return " ".join(part for part in (words, "The run ends otherwise." if self.end else "") if part)


def compare(run: Run, dry: DryRun) -> RunDiff:
    """Compare a run with a dry replay of it that was made afresh."""
    rows = {row.path: row for row in run.steps.defer("working").order_by("position", "pk")}
    order = sorted(
        rows.keys() | dry.steps.keys(),
        key=lambda path: (dry.steps[path].position if path in dry.steps else rows[path].position, path),
    )
    steps = tuple(_step(rows.get(path), dry.steps.get(path)) for path in order)
    return RunDiff(steps, tuple(_ends(run, dry)), dry.reason)


def lines_of(old: Any, new: Any, where: str = "") -> Iterator[Line]:
    """List the leaves in which two JSON values differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in (*old, *(key for key in new if key not in old)):
            at = f"{where}.{key}" if where else str(key)
            if key not in new:
                yield Line(REMOVED, at, old=_text(old[key]))
            elif key not in old:
                yield Line(ADDED, at, new=_text(new[key]))
            else:
                yield from lines_of(old[key], new[key], at)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            at = f"{where}[{index}]"
            if index >= len(new):
                yield Line(REMOVED, at, old=_text(old[index]))
            elif index >= len(old):
                yield Line(ADDED, at, new=_text(new[index]))
            else:
                yield from lines_of(old[index], new[index], at)
    elif old != new or type(old) is not type(new):
        yield Line(CHANGED, where, old=_text(old), new=_text(new))


def _step(row: StepRun | None, step: DryStep | None) -> StepDiff:
    if row is None and step is not None:
        parts = [Part("Input", tuple(lines_of({}, step.log.get("input") or {})))]
        parts += _requests([], step.requests)
        return StepDiff(
            step.path, step.name, ADDED, "", _said(step.status), _some(parts), step.notes, len(step.requests)
        )
    if row is not None and step is None:
        log = _log(row)
        parts = [Part("Input", tuple(lines_of(log.get("input") or {}, {})))]
        sent = _sent(log)
        parts += _requests(sent, [])
        return StepDiff(row.path, row.name, REMOVED, _said(row.status), "", _some(parts), (), len(sent))
    if row is None or step is None:
        raise RuntimeError("A step is in one of the two executions at least.")
    return _both(row, step)


def _both(row: StepRun, step: DryStep) -> StepDiff:
    log = _log(row)
    parts = [
        Part("Input", tuple(lines_of(log.get("input") or {}, step.log.get("input") or {}))),
        Part("Output", tuple(lines_of(log.get("output") or {}, step.log.get("output") or {}))),
        Part("Branch", tuple(lines_of(_branch(log), _branch(step.log)))),
    ]
    notes = list(step.notes)
    if row.reused:
        notes.append("The old run reused the result of an earlier one, so there is no request to compare.")
    elif not step.notes or step.requests:
        parts += _requests(_sent(log), step.requests)
    if row.error or step.error:
        parts.append(Part("Error", tuple(lines_of(_error(row.error), _error(step.error)))))
    found = _some(parts)
    mark = CHANGED if found or row.status != step.status else SAME
    return StepDiff(
        step.path,
        step.name,
        mark,
        _said(row.status),
        _said(step.status),
        found,
        tuple(notes),
        len(step.requests),
    )


def _requests(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Part]:
    parts: list[Part] = []
    for index in range(max(len(old), len(new))):
        former = _request(old[index]) if index < len(old) else {}
        present = _request(new[index]) if index < len(new) else {}
        title = "Request" if max(len(old), len(new)) == 1 else f"Request {index + 1}"
        parts.append(Part(title, tuple(lines_of(former, present))))
    return parts


def _request(exchange: Mapping[str, Any]) -> dict[str, Any]:
    headers = exchange.get("headers")
    named = headers.items() if isinstance(headers, Mapping) else ()
    told = {str(key).lower(): value for key, value in named if str(key).lower() not in _VOLATILE}
    return {
        "method": exchange.get("method", ""),
        "address": exchange.get("url", ""),
        "headers": told,
        "body": _body(str(exchange.get("body") or "")),
    }


def _body(text: str) -> Any:
    """Return a body as what it says: JSON, a form's fields, or its text."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "=" in text and "\n" not in text and " " not in text:
        pairs = parse_qsl(text, keep_blank_values=True)
        if pairs and len(dict(pairs)) == len(pairs):
            return dict(pairs)
    return text


def _sent(log: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the old run's requests, each attempt of the same one once."""
    found: list[Mapping[str, Any]] = []
    for each in log.get("exchanges", ()):
        if not found or _request(found[-1]) != _request(each):
            found.append(each)
    return found


def _ends(run: Run, dry: DryRun) -> Iterator[Line]:
    if run.finished and run.status != dry.outcome:
        yield Line(CHANGED, "The run ends", old=_said(run.status), new=_said(dry.outcome))


def _log(row: StepRun) -> Mapping[str, Any]:
    return row.log if isinstance(row.log, dict) else {}


def _branch(log: Mapping[str, Any]) -> dict[str, Any]:
    return {"taken": log["branch"]} if log.get("branch") else {}


def _error(message: str) -> dict[str, str]:
    return {"message": message} if message else {}


def _some(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(Part(part.title, part.lines[:MAX_LINES]) for part in parts if part.lines)


def _said(status: str) -> str:
    return status.replace("_", " ")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else look.pretty(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
