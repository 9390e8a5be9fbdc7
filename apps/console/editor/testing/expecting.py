"""What a test case expects of a draft, and how what happens differs from it, in words.

Two requests are the same when method, address and body are, except for what
changes by itself from test to test. These parts are replaced before they are
compared, wherever they stand:

* our idempotency key, by ‹key›;
* a UUID, by ‹uuid›, and a ULID, by ‹ulid›;
* a moment within two days of the test, as ISO text or in unix seconds or
  milliseconds, by ‹time›.

Headers are not compared: they say nothing that the step decides.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.console.editor.testing.dry import Outcome

NEAR = timedelta(days=2)

_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?")
_UNIX = re.compile(r"(?<![\w.])\d{10}(?:\d{3})?(?![\w.])")
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `step` is the id of the step that it is about, "" for the whole draft."""

    step: str
    text: str


def expected_of(outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """Return what a test shows, as what its repetition is expected to show."""
    steps = outcome.results.as_json()
    return {
        "ended": outcome.outcome,
        "steps": [
            {name: step[name] for name in ("path", "id", "name", "outcome", "branch")} for step in steps
        ],
        "requests": [
            {"path": step["path"], "id": step["id"], "name": step["name"], **_plain(request, at)}
            for step in steps
            for request in step["requests"]
        ],
    }


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """Return how what was found differs from what is expected; empty when it does not."""
    told = [*_path(expected, found), *_requests(expected, found)]
    if not told and expected["ended"] != found["ended"]:
        told.append(Difference("", f"It ended as {found['ended']}, expected {expected['ended']}."))
    return told


def _path(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    was = {step["path"]: step for step in expected["steps"]}
    now = {step["path"]: step for step in found["steps"]}
    for path, step in was.items():
        name = f"“{step['name']}”{_item(path)}"
        if path not in now:
            yield Difference(step["id"], f"{name} was not reached.")
        elif now[path]["outcome"] != step["outcome"]:
            yield Difference(
                step["id"], f"{name} ended as {now[path]['outcome']}, expected {step['outcome']}."
            )
        elif now[path]["branch"] != step["branch"]:
            yield Difference(
                step["id"],
                f"{name} took the branch “{now[path]['branch']}”, expected “{step['branch']}”.",
            )
    for path, step in now.items():
        if path not in was:
            yield Difference(step["id"], f"“{step['name']}”{_item(path)} was run and is not expected.")


def _requests(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = _by_path(expected), _by_path(found)
    for path, requests in was.items():
        others = now.get(path, [])
        for number, request in enumerate(requests):
            if number < len(others):
                yield from _request(request, others[number])
            elif path in {step["path"] for step in found["steps"]}:
                yield Difference(request["id"], f"“{request['name']}” would send no such request any more.")
    for path, requests in now.items():
        for request in requests[len(was.get(path, ())) :]:
            if path in {step["path"] for step in expected["steps"]}:
                yield Difference(
                    request["id"], f"“{request['name']}” would send one more request: {request['url']}"
                )


def _request(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    name = f"“{expected['name']}”{_item(expected['path'])}"
    for part, word in (("method", "method"), ("url", "address")):
        if expected[part] != found[part]:
            text = f"{name}: the {word} is {_short(found[part])}, expected {_short(expected[part])}."
            yield Difference(expected["id"], text)
    if expected["body"] != found["body"]:
        for where, was, now in _fields(expected["body"], found["body"]):
            text = f"{name}: {where} is {_short(now)}, expected {_short(was)}."
            yield Difference(expected["id"], text)


def _fields(was: Any, now: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """List what differs in two bodies, each with its place."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*was, *now]):
            if was.get(key, _MISSING) != now.get(key, _MISSING):
                place = f"{where}.{key}" if where else str(key)
                yield from _fields(was.get(key, _MISSING), now.get(key, _MISSING), place)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (one, other) in enumerate(zip(was, now, strict=True)):
            if one != other:
                yield from _fields(one, other, f"{where}[{index}]")
    else:
        yield (f"“{where}” of the body" if where else "the body"), was, now


class _Missing:
    def __str__(self) -> str:
        return "not there"


_MISSING = _Missing()


def _by_path(told: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for request in told["requests"]:
        found.setdefault(request["path"], []).append(request)
    return found


def _item(path: str) -> str:
    indexes = re.findall(r"\[(\d+)\]", path)
    return f" (item {int(indexes[-1]) + 1})" if indexes else ""


def _short(value: Any) -> str:
    if isinstance(value, _Missing):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"


def _plain(request: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    key = str(request.get("key") or "")
    return {
        "method": request["method"],
        "url": normalised(_sorted_query(str(request["url"])), key=key, at=at),
        "body": _body(str(request.get("body") or ""), key, at),
    }


def _sorted_query(url: str) -> str:
    parts = urlsplit(url)
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return parts._replace(query=query).geturl()


def _body(text: str, key: str, at: datetime) -> Any:
    """Return a body as data where it is JSON or a form, else as text."""
    try:
        return _inside(json.loads(text), key, at)
    except (ValueError, RecursionError):
        pass
    form = parse_qsl(text, keep_blank_values=True, max_num_fields=2000) if "=" in text else []
    if form and not re.search(r"\s", text):
        return {name: normalised(value, key=key, at=at) for name, value in form}
    return normalised(text, key=key, at=at)


def _inside(value: Any, key: str, at: datetime) -> Any:
    if isinstance(value, dict):
        return {name: _inside(inner, key, at) for name, inner in value.items()}
    if isinstance(value, list):
        return [_inside(inner, key, at) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        text = normalised(str(value), key=key, at=at)
        return value if text == str(value) else text
    return normalised(value, key=key, at=at) if isinstance(value, str) else value


def normalised(text: str, *, key: str, at: datetime) -> str:
    """Return a text with what changes by itself replaced."""
    if key:
        text = text.replace(key, "‹key›")
    text = _UUID.sub("‹uuid›", text)
    text = _ULID.sub("‹ulid›", text)
    text = _ISO.sub(lambda found: "‹time›" if _near_iso(found.group(), at) else found.group(), text)
    return _UNIX.sub(lambda found: "‹time›" if _near_unix(found.group(), at) else found.group(), text)


def _near_iso(text: str, at: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return abs((moment if moment.tzinfo else moment.replace(tzinfo=at.tzinfo)) - at) <= NEAR


def _near_unix(text: str, at: datetime) -> bool:
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return abs(seconds - at.timestamp()) <= NEAR.total_seconds()
