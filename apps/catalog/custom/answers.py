"""What came back from a declared call: done, or which error, and the declared outputs. Pure."""

from typing import Any

from apps.catalog.custom.declaration import HTTP_STATUS, ActionPart, Found
from apps.catalog.custom.places import as_type, find, read_place
from apps.catalog.errors import CallError, Certainty, Retryable
from apps.catalog.responses import failure, own_words
from apps.catalog.transport import Response
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError


def error_of(response: Response, *, provider: str, success: tuple[int, ...] = ()) -> CallError | None:
    """Return the error that an answer stands for, None for one that counts as done.

    A 2xx that is not among the statuses that count may have been done all the same.
    """
    if response.status in success:
        return None
    error = failure(response, provider=provider, detail=own_words(response))
    if error is None and success:
        listed = ", ".join(map(str, success))
        return Retryable(
            f"{provider} answered {response.status}, where {listed} was expected.",
            code="unexpected_status",
            certainty=Certainty.UNCERTAIN,
            remedy="Look at the answer in the run log. If it counts as done, add it to the action's list.",
            status=response.status,
        )
    return error


def outputs_of(part: ActionPart, response: Response) -> dict[str, Any]:
    """Return the outputs found in the answer, null where there is none; never raises."""
    answer = json_of(response)
    found = {each.key: value_of(each, answer) for each in part.outputs}
    return {**found, HTTP_STATUS: response.status}


def value_of(found: Found, document: Any) -> Any:
    """Return what stands at a declared path, as its type."""
    return as_type(found.type, find(document, read_place(found.path)))


def json_of(response: Response) -> Any:
    """Return the answer's JSON, None where it is none."""
    if not response.body.strip():
        return None
    try:
        return safe_json.loads(response.body)
    except UnsafeJSONError:
        return None
