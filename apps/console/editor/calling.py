"""The door of the editor's API: who asks, for what, with which body; and how an answer or a refusal looks.

Everything is JSON. A refusal is `{"code", "message", "remedy", "field", "details"}`.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError

from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import actor_of, require_permission

MAX_BODY = 2 * 1024 * 1024
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API by somebody who may make it.

    `body` is what was posted, `query` the address' own parameters, `named` the
    variable parts of the path.
    """

    request: HttpRequest
    workflow: Workflow
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Return the person as services want it."""
        return actor_of(self.request)

    def text(self, key: str, *, default: str | None = None) -> str:
        """Return a text of the body; raises `ValidationFailed` where it is missing or none."""
        value = self.body.get(key, default)
        if not isinstance(value, str):
            raise ValidationFailed(f"“{key}” must be a text.", code="malformed", field=key)
        return value

    def number(self, key: str) -> int:
        """Return a whole number of the body; raises `ValidationFailed`."""
        value = self.body.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31:
            raise ValidationFailed(f"“{key}” must be a whole number.", code="malformed", field=key)
        return value

    def object(self, key: str, *, default: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return an object of the body; raises `ValidationFailed`."""
        value = self.body.get(key, default)
        if not isinstance(value, dict):
            raise ValidationFailed(f"“{key}” must be an object.", code="malformed", field=key)
        return value

    def flag(self, key: str) -> bool:
        """Return true or false of the body, false where it is missing; raises `ValidationFailed`."""
        value = self.body.get(key, False)
        if not isinstance(value, bool):
            raise ValidationFailed(f"“{key}” must be true or false.", code="malformed", field=key)
        return value


Answer = Callable[[Call], Any]
"""Returns what is answered as JSON, or a whole response."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call: `<name>` in `path` stands for a part without a slash."""

    method: str
    path: str
    permission: Permission
    answer: Answer

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variable parts of a path that is this route's, else None."""
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


def serve(
    request: HttpRequest, path: str, routes: tuple[Route, ...], find: Callable[[], Workflow]
) -> HttpResponse:
    """Answer one request of a signed-in person; `find` returns the workflow or raises `Http404`."""
    try:
        return _served(request, path, routes, find())
    except Http404 as error:
        return refuse(404, "not_found", str(error) or "There is no such thing.")
    except PermissionDenied as error:
        return refuse(403, "not_allowed", str(error), remedy="Ask an admin of the workspace.")
    except NotAllowed as error:
        return refused(error, 403)
    except Conflict as error:
        return refused(error, 409)
    except ServiceError as error:
        return refused(error, 413 if error.code == "too_long" else 400)


def _served(request: HttpRequest, path: str, routes: tuple[Route, ...], workflow: Workflow) -> HttpResponse:
    require_permission(request, Permission.VIEW)
    found = [(route, named) for route in routes if (named := route.match(path)) is not None]
    if not found:
        raise Http404("There is no such call.")
    method = "GET" if request.method == "HEAD" else request.method
    fitting = next((each for each in found if each[0].method == method), None)
    if fitting is None:
        allowed = ", ".join(sorted({route.method for route, _ in found}))
        response = refuse(405, "wrong_method", f"This takes {allowed}.")
        response["Allow"] = allowed
        return response
    route, named = fitting
    require_permission(request, route.permission)
    body = _body(request) if method == "POST" else {}
    call = Call(request, workflow, body=body, query=request.GET.dict(), named=named)
    given = route.answer(call)
    return given if isinstance(given, HttpResponse) else answer(given)


def answer(body: Any, *, status: int = 200) -> HttpResponse:
    """Return a JSON answer."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"), default=str)
    return HttpResponse(text, content_type=JSON_TYPE, status=status)


def refuse(status: int, code: str, message: str, *, remedy: str = "") -> HttpResponse:
    """Return a refusal."""
    return refused(ServiceError(message, code=code, remedy=remedy), status)


def refused(error: ServiceError, status: int, **more: Any) -> HttpResponse:
    """Return a service's refusal as the answer; `more` goes beside it."""
    body = {"remedy": "", "field": None, **error.as_dict()}
    return answer({**body, **more}, status=status)


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != JSON_TYPE:
        raise ValidationFailed(
            "The body must be JSON.", code="wrong_content_type", remedy=f"Send it as {JSON_TYPE}."
        )
    try:
        raw = request.body
    except (RequestDataTooBig, UnreadablePostError):
        raw = b" " * (MAX_BODY + 1)
    try:
        body = safe_json.loads(raw, max_bytes=MAX_BODY)
    except UnsafeJSONError as error:
        raise ValidationFailed(
            f"This can't be read: {error.message}", code=error.code, remedy="Reload the page."
        ) from None
    if not isinstance(body, dict):
        raise ValidationFailed("The body must be a JSON object.", code="malformed")
    return body
