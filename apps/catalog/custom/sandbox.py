"""The pretended app of a declaration: it answers every declared call with the declared examples. Pure.

It knows no rule of the real app: it takes any credential and remembers nothing.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from apps.catalog.addresses import literal_segment
from apps.catalog.custom.declaration import ActionPart, Declaration
from apps.catalog.custom.filling import is_template, split_path
from apps.catalog.custom.places import put, read_place
from apps.catalog.spec import SandboxHandle
from apps.catalog.transport import Request, Response

_JSON = {"content-type": "application/json"}


def handle_for(declaration: Declaration) -> SandboxHandle:
    """Return what answers the calls of a sandbox connection."""
    prefix = urlsplit(declaration.base_url).path
    calls = [
        (part.method, _pattern(prefix, part.path), (part.success or (200,))[0], answer_of(part))
        for part in declaration.actions
    ]
    if declaration.test_path:
        calls.append(("GET", _pattern(prefix, declaration.test_path), 200, {"ok": True}))

    def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
        path = urlsplit(request.url).path
        for method, pattern, status, answer in calls:
            if request.method == method and pattern.fullmatch(path):
                return Response(status, _JSON, json.dumps(answer).encode()), state
        refusal = {"error": f"This sandbox knows no {request.method} at this path."}
        return Response(404, _JSON, json.dumps(refusal).encode()), state

    return handle


def answer_of(part: ActionPart) -> Any:
    """Return the answer in which every output has its example."""
    answer: Any = {}
    for found in part.outputs:
        answer = put(answer, read_place(found.path), found.example)
    return answer


def _pattern(prefix: str, path: str) -> re.Pattern[str]:
    segments = [
        "[^/]+" if is_template(text) else re.escape(literal_segment(text)) for text in split_path(path)[1:]
    ]
    return re.compile(re.escape(prefix) + "/" + "/".join(segments))
