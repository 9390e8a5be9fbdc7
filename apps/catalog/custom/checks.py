"""Whether a declaration can be an app: every problem by the place in the form that it is about. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apps.catalog import addresses, contract
from apps.catalog.addresses import BadPartError
from apps.catalog.contract import Problem
from apps.catalog.custom.app import build
from apps.catalog.custom.calls import problems_of_calls
from apps.catalog.custom.declaration import MAX_BYTES, RESERVED_AUTH, Declaration, Place, Signing
from apps.catalog.custom.places import read_place
from apps.language import safe_json
from apps.language.errors import LanguageError, UnsafeJSONError

__all__ = ["InvalidDeclarationError", "Problem", "checked", "parse", "problems_of"]

_TAGS = frozenset({"none", "shared_secret", "hmac"})
_FORMS = {
    "key": "use small letters and digits, parted by hyphens (actions, triggers) or underscores (fields)",
    "color": "write it like #0f766e",
    "docs_url": "write an address that begins with https://",
    "header": "use letters, digits and hyphens, such as X-Signature",
    "prefix": "write it on one line, such as sha256=",
    "signed": "write what is signed with {timestamp} and, at its end, {body}, such as {timestamp}.{body}",
}


class InvalidDeclarationError(ValueError):
    """A declaration that can't be an app; `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].as_text())
        self.problems = problems


def checked(data: Any) -> Declaration:
    """Return a declaration that is an app; raises `InvalidDeclarationError` with every problem."""
    declaration = parse(data)
    problems = problems_of(declaration)
    if problems:
        raise InvalidDeclarationError(problems)
    return declaration


def parse(data: Any) -> Declaration:
    """Return a declaration of the right shape and size; raises `InvalidDeclarationError`."""
    try:
        safe_json.check(data)
        size = len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())
    except UnsafeJSONError as error:
        raise InvalidDeclarationError([Problem((), error.message)]) from None
    except (TypeError, ValueError):
        raise InvalidDeclarationError([Problem((), "This is no JSON that can be stored.")]) from None
    if size > MAX_BYTES:
        message = f"The app's declaration has {size:,} bytes; {MAX_BYTES:,} are allowed."
        raise InvalidDeclarationError([Problem((), message, "Shorten the samples, or remove parts.")])
    try:
        return Declaration.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise InvalidDeclarationError([_shape(each) for each in error.errors()]) from None


def problems_of(declaration: Declaration) -> list[Problem]:
    """Return everything that keeps a declaration from being an app, then what the contract says."""
    problems = [
        *_of_base(declaration),
        *_of_auth(declaration),
        *problems_of_calls(declaration),
        *_of_webhook(declaration),
        *_of_paths(declaration),
    ]
    if problems:
        return problems
    return [_placed(declaration, each) for each in contract.problems_of(build(declaration))]


def _shape(error: ErrorDetails) -> Problem:
    place = tuple(part for part in error["loc"] if part not in _TAGS)
    name, context = str(place[-1]) if place else "", error.get("ctx", {})
    match error["type"]:
        case "missing":
            message = "This is missing."
        case "string_too_short":
            message = "This is empty."
        case "string_too_long":
            message = f"This is longer than {context.get('max_length')} characters."
        case "too_long":
            message = f"These are more than {context.get('max_length')}."
        case "string_pattern_mismatch":
            message = f"This can't be used: {_FORMS.get(name, 'it has signs that are not allowed')}."
        case "literal_error" | "enum":
            message = f"This is not one of {context.get('expected')}."
        case "value_error":
            message = f"This {context.get('error')}."
        case "extra_forbidden":
            message = f"“{name}” is not known here."
        case _:
            message = f"{error['msg']}."
    return Problem(place, message)


def _of_base(declaration: Declaration) -> Iterator[Problem]:
    try:
        clean = addresses.clean_base(declaration.base_url)
    except BadPartError as error:
        yield Problem(("base_url",), error.message, error.remedy)
        return
    if clean != declaration.base_url:
        yield Problem(("base_url",), "The address is not in its plain form.", f"Write {clean}.")


def _of_auth(declaration: Declaration) -> Iterator[Problem]:
    for index, field in enumerate(declaration.auth):
        if field.key in RESERVED_AUTH:
            yield Problem(("auth", index, "key"), f"“{field.key}” is used by the product itself.")
    if declaration.signing.kind != "none":
        yield from _of_credential(declaration)
        yield from _of_signing(declaration.signing, {field.key for field in declaration.auth})


def _of_credential(declaration: Declaration) -> Iterator[Problem]:
    where = ("signing", "field")
    field = next((field for field in declaration.auth if field.key == declaration.signing.field), None)
    if field is None:
        remedy = "Enter it among what a connection asks for, then choose it here."
        yield Problem(where, "There is no such field of the connection.", remedy)
    elif not field.secret:
        yield Problem(where, f"“{field.label}” is sent as a credential.", "Make it secret.")
    elif not field.required:
        yield Problem(where, f"Every request needs “{field.label}”.", "Make it required.")


def _of_signing(signing: Signing, known: set[str]) -> Iterator[Problem]:
    if signing.kind == "basic" and signing.user_field and signing.user_field not in known:
        yield Problem(("signing", "user_field"), "There is no such field of the connection.")
    if signing.kind == "header":
        try:
            addresses.check_header_name(signing.name)
        except BadPartError as error:
            yield Problem(("signing", "name"), error.message, error.remedy)
    if signing.kind == "query" and not signing.name:
        yield Problem(("signing", "name"), "The query parameter has no name.")


def _of_webhook(declaration: Declaration) -> Iterator[Problem]:
    part = declaration.webhook
    if part is None:
        if declaration.triggers:
            yield Problem(("webhook",), "There are triggers, but no webhook that receives their events.")
        return
    yield from _of_place(part.event_type, ("webhook", "event_type"))
    yield from _of_place(part.event_id, ("webhook", "event_id"))
    if part.event_type.kind == "digest":
        yield Problem(("webhook", "event_type", "kind"), "A digest is no type.")
    if part.event_id.kind == "fixed":
        remedy = "Choose where it stands, or let the same body count as the same event."
        yield Problem(
            ("webhook", "event_id", "kind"), "An id that is fixed tells no two events apart.", remedy
        )
    for index, trigger in enumerate(declaration.triggers):
        if not isinstance(trigger.sample, Mapping):
            yield Problem(
                ("triggers", index, "sample"),
                "The sample is no JSON object.",
                "Paste one delivery's whole body.",
            )
        for number, event_type in enumerate(trigger.event_types):
            if not event_type or len(event_type) > 100:
                yield Problem(
                    ("triggers", index, "event_types", number), "An event type has 1 to 100 characters."
                )


def _of_place(place: Place, where: tuple[str, ...]) -> Iterator[Problem]:
    if place.kind == "path":
        yield from _of_path(place.value, (*where, "value"))
    elif place.kind == "header":
        try:
            addresses.check_header_name(place.value)
        except BadPartError as error:
            yield Problem((*where, "value"), error.message, error.remedy)
    elif place.kind == "fixed" and not place.value:
        yield Problem((*where, "value"), "The fixed text is empty.")


def _of_paths(declaration: Declaration) -> Iterator[Problem]:
    if declaration.webhook is not None and declaration.webhook.occurred_at:
        yield from _of_path(declaration.webhook.occurred_at, ("webhook", "occurred_at"))
    for index, action in enumerate(declaration.actions):
        for number, found in enumerate(action.outputs):
            yield from _of_path(found.path, ("actions", index, "outputs", number, "path"))
    for index, trigger in enumerate(declaration.triggers):
        for number, found in enumerate(trigger.fields):
            yield from _of_path(found.path, ("triggers", index, "fields", number, "path"))


def _of_path(text: str, where: contract.Where) -> Iterator[Problem]:
    try:
        read_place(text)
    except LanguageError:
        remedy = "Write one like data.items[0].id, or $ for all of it."
        yield Problem(where, f"“{text[:80]}” is no path into JSON.", remedy)


def _placed(declaration: Declaration, problem: Problem) -> Problem:
    """Return the contract's problem with the indexes of the form in place of keys."""
    node: Any = declaration.to_json()
    path: list[str | int] = []
    for part in problem.path:
        if isinstance(node, list):
            index = next((number for number, each in enumerate(node) if _is_called(each, part)), None)
            if index is None:
                break
            path.append(index)
            node = node[index]
        else:
            path.append(part)
            node = node.get(part) if isinstance(node, dict) else None
    return Problem(tuple(path), problem.message, problem.remedy)


def _is_called(item: Any, key: str | int) -> bool:
    return isinstance(item, dict) and item.get("key") == key
