"""Whether the calls of a declaration can be made: templates, names, bodies. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.contract import Problem, Where
from apps.catalog.custom import filling
from apps.catalog.custom.declaration import HTTP_STATUS, ActionPart, Declaration, Pair
from apps.catalog.spec import Effect
from apps.language.errors import LanguageError
from apps.language.paths import Path, did_you_mean, format_path
from apps.language.templates import Template

_WITHOUT_BODY = frozenset({"GET"})


def problems_of_calls(declaration: Declaration) -> Iterator[Problem]:
    """Return what is wrong with the test call and the actions' calls."""
    known = {filling.CONNECTION: [field.key for field in declaration.auth if not field.secret]}
    if declaration.test_path:
        yield from _of_path(declaration.test_path, ("test_path",), {**known, filling.INPUTS: []})
    elif declaration.actions:
        yield Problem(
            ("test_path",),
            "There is no call that tests a connection.",
            "Enter the path of a cheap GET, such as /me.",
        )
    for index, part in enumerate(declaration.actions):
        names = {**known, filling.INPUTS: [field.key for field in part.inputs]}
        yield from _of_action(declaration, part, ("actions", index), names)


def _of_action(
    declaration: Declaration, part: ActionPart, where: Where, known: dict[str, list[str]]
) -> Iterator[Problem]:
    yield from _of_path(part.path, (*where, "path"), known)
    for kind, pairs in (("query", part.query), ("headers", part.headers), ("form", part.form)):
        yield from _of_pairs(pairs, (*where, kind), known)
    yield from _of_headers(declaration, part, where)
    yield from _of_query(declaration, part, where)
    yield from _of_body(part, where, known)
    if part.method == "GET" and part.effect is not Effect.READ:
        yield Problem((*where, "effect"), "A GET reads.", "Choose “read”, or another method.")
    if part.effect is Effect.READ and part.method not in {"GET", "POST"}:
        yield Problem((*where, "effect"), f"A {part.method} changes something.", "Say what it does.")
    for number, found in enumerate(part.outputs):
        if found.key == HTTP_STATUS:
            yield Problem((*where, "outputs", number, "key"), f"Every action has “{HTTP_STATUS}” already.")


def _of_path(path: str, where: Where, known: dict[str, list[str]]) -> Iterator[Problem]:
    try:
        parts = filling.read_path(path)
    except (LanguageError, BadPartError) as error:
        yield _problem(where, error)
        return
    yield from _unknown((part for part in parts if isinstance(part, Template)), where, known)


def _of_pairs(pairs: Sequence[Pair], where: Where, known: dict[str, list[str]]) -> Iterator[Problem]:
    twice = Counter(pair.name.lower() for pair in pairs)
    for index, pair in enumerate(pairs):
        at = (*where, index)
        if not pair.name or filling.is_template(pair.name):
            yield Problem((*at, "name"), "The name must be a plain text.", "Only values may be templates.")
        elif twice[pair.name.lower()] > 1:
            yield Problem((*at, "name"), f"“{pair.name}” is there twice.")
        try:
            parsed = filling.read_pairs([pair])
        except LanguageError as error:
            yield _problem((*at, "template"), error)
            continue
        yield from _unknown((template for _, template in parsed), (*at, "template"), known)


def _of_headers(declaration: Declaration, part: ActionPart, where: Where) -> Iterator[Problem]:
    signed_by = {"bearer": "authorization", "basic": "authorization"}.get(declaration.signing.kind, "")
    if declaration.signing.kind == "header":
        signed_by = declaration.signing.name.lower()
    for index, pair in enumerate(part.headers):
        at = (*where, "headers", index, "name")
        if pair.name:
            yield from _named(pair.name, at)
        if signed_by and pair.name.lower() == signed_by:
            yield Problem(at, f"{pair.name} carries the connection's credential.", "Remove the row.")
    if part.key_header:
        yield from _named(part.key_header, (*where, "key_header"))
        if part.key_header.lower() in {signed_by, *(pair.name.lower() for pair in part.headers)}:
            yield Problem((*where, "key_header"), f"{part.key_header} carries something else already.")


def _of_query(declaration: Declaration, part: ActionPart, where: Where) -> Iterator[Problem]:
    signed_by = declaration.signing.name.lower() if declaration.signing.kind == "query" else ""
    for index, pair in enumerate(part.query):
        if signed_by and pair.name.lower() == signed_by:
            message = f"{pair.name} carries the connection's credential."
            yield Problem((*where, "query", index, "name"), message, "Remove the row.")


def _of_body(part: ActionPart, where: Where, known: dict[str, list[str]]) -> Iterator[Problem]:
    if part.body_kind == "none":
        return
    if part.method in _WITHOUT_BODY:
        yield Problem((*where, "body_kind"), f"A {part.method} has no body.", "Use query parameters.")
    if part.body_kind == "form":
        return
    if not isinstance(part.body, dict | list):
        yield Problem((*where, "body"), "The body is no JSON object or list.", 'Write it like {"name": "…"}.')
        return
    try:
        body = filling.read_body(part.body)
    except (LanguageError, BadPartError) as error:
        yield _problem((*where, "body"), error)
        return
    yield from _unknown(filling.templates_of(body), (*where, "body"), known)


def _named(name: str, where: Where) -> Iterator[Problem]:
    try:
        addresses.check_header_name(name)
    except BadPartError as error:
        yield Problem(where, error.message, error.remedy)


def _unknown(templates: Iterable[Template], where: Where, known: dict[str, list[str]]) -> Iterator[Problem]:
    """Name each path that a template reads and nothing declares."""
    for template in templates:
        for path in template.paths:
            if not _is_known(path, known):
                yield _unknown_problem(path, where, known)


def _is_known(path: Path, known: dict[str, list[str]]) -> bool:
    return len(path) > 1 and path[0] in known and path[1] in known[str(path[0])]


def _unknown_problem(path: Path, where: Where, known: dict[str, list[str]]) -> Problem:
    written = format_path(path)
    offered = [f"{root}.{key}" for root, keys in known.items() for key in keys]
    near = did_you_mean(written, offered)
    remedy = near.strip() or (f"There are {', '.join(offered)}." if offered else "Declare an input first.")
    return Problem(where, f"Nothing is called {written}.", remedy)


def _problem(where: Where, error: LanguageError | BadPartError) -> Problem:
    return Problem(where, error.message, error.remedy if isinstance(error, BadPartError) else "")
