"""Lists and searches in the sandbox: over the objects of the state, newest first.

A list of a resource of which nothing was made has the one object of the
samples, so that a newcomer finds something.
"""

import re
from typing import Any

from apps.catalog.connectors.stripe.sandbox.models import KINDS
from apps.catalog.connectors.stripe.sandbox.objects import held, look_up
from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error

_MAX_PAGE = 100
_FILTERS = ("active", "customer", "email", "payment_intent", "product", "status", "subscription")
_SEARCHED = frozenset({"customers", "invoices", "payment_intents", "subscriptions"})
_CLAUSE = re.compile(
    r'(?P<not>-?)(?P<field>[a-z_]+)(\["(?P<key>(?:[^"\\]|\\.)*)"\])?'
    r'(?P<sign>:|~|>=|<=|>|<)("(?P<text>(?:[^"\\]|\\.)*)"|(?P<number>-?[0-9]+))'
)
_JOINER = re.compile(r" (AND|OR) ")


def page(resource: str, params: dict[str, Any], state: State) -> Reply:
    """Answer a list."""
    rows = [row for row in _rows(resource, state) if _is_asked_for(row, params)]
    after = params.get("starting_after")
    if after is not None:
        ids = [row["id"] for row in rows]
        if after not in ids:
            said = f"No such {KINDS[resource].name}: '{after}'"
            return error(400, said, code="resource_missing", param="starting_after")
        rows = rows[ids.index(after) + 1 :]
    limit = _limit(params)
    return _list(
        resource, [_expanded(row, params, state) for row in rows[:limit]], has_more=len(rows) > limit
    )


def search(resource: str, params: dict[str, Any], state: State) -> Reply | None:
    """Answer a search; None where the resource has none."""
    if resource not in _SEARCHED:
        return None
    try:
        clauses, joiner = _parsed(str(params.get("query", "")))
    except ValueError as wrong:
        return error(400, f"We were unable to parse your search query: {wrong}", param="query")
    holds = any if joiner == "OR" else all
    rows = [row for row in _rows(resource, state) if holds(_fits(row, clause) for clause in clauses)]
    limit, first = _limit(params), _offset(params)
    found = _list(resource, rows[first : first + limit], has_more=len(rows) > first + limit)
    following = str(first + limit) if found.body["has_more"] else None
    body = {**found.body, "object": "search_result", "next_page": following}
    return Reply(200, {**body, "url": f"/v1/{resource}/search"})


def _rows(resource: str, state: State) -> list[dict[str, Any]]:
    kept = [row for row in list(held(resource, state).values())[::-1] if not row.get("deleted")]
    return kept if held(resource, state) else [KINDS[resource].copy()]


def _is_asked_for(row: dict[str, Any], params: dict[str, Any]) -> bool:
    created = params.get("created")
    if isinstance(created, dict):
        at = row.get("created", 0)
        if at < int(created.get("gte", 0)) or at >= int(created.get("lt", at + 1)):
            return False
    for name in _FILTERS:
        wanted = params.get(name)
        if wanted is None or (name == "status" and wanted == "all"):
            continue
        value = row.get(name)
        if (str(value).lower() if isinstance(value, bool) else value) != wanted:
            return False
    return True


def _expanded(row: dict[str, Any], params: dict[str, Any], state: State) -> dict[str, Any]:
    wanted = params.get("expand")
    for name in wanted if isinstance(wanted, list) else []:
        inner = str(name).removeprefix("data.")
        resource = f"{inner}s"
        found = look_up(resource, str(row.get(inner)), state) if resource in KINDS else None
        row = {**row, inner: found} if found is not None else row
    return row


def _limit(params: dict[str, Any]) -> int:
    asked = str(params.get("limit", 10))
    return min(int(asked), _MAX_PAGE) if asked.isdecimal() and int(asked) > 0 else 10


def _offset(params: dict[str, Any]) -> int:
    asked = str(params.get("page", "0"))
    return int(asked) if asked.isdecimal() else 0


def _list(resource: str, rows: list[dict[str, Any]], *, has_more: bool) -> Reply:
    return Reply(200, {"object": "list", "data": rows, "has_more": has_more, "url": f"/v1/{resource}"})


def _parsed(query: str) -> tuple[list[dict[str, Any]], str]:
    """Return the clauses and what joins them; raises `ValueError` where it is no query of Stripe's."""
    clauses: list[dict[str, Any]] = []
    joiners: set[str] = set()
    place = 0
    while True:
        found = _CLAUSE.match(query, place)
        if found is None:
            raise ValueError(query[place : place + 40] or "it is empty")
        clauses.append(found.groupdict())
        place = found.end()
        if place == len(query):
            break
        joined = _JOINER.match(query, place)
        if joined is None:
            raise ValueError(query[place : place + 40])
        joiners.add(joined[1])
        place = joined.end()
    if len(joiners) > 1:
        raise ValueError("AND and OR can't be combined")
    return clauses, next(iter(joiners), "AND")


def _fits(row: dict[str, Any], clause: dict[str, Any]) -> bool:
    value: Any = row.get(clause["field"])
    if clause["key"] is not None:
        value = (row.get("metadata") or {}).get(_plain(clause["key"]))
    if clause["number"] is not None:
        fits = isinstance(value, int) and _compare(str(clause["sign"]), value, int(clause["number"]))
    else:
        asked, text = _plain(clause["text"]).casefold(), str(value or "").casefold()
        fits = asked in text if clause["sign"] == "~" else asked == text
    return fits is not (clause["not"] == "-")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _compare(sign: str, value: int, asked: int) -> bool:
    return {
        ":": value == asked,
        ">": value > asked,
        "<": value < asked,
        ">=": value >= asked,
        "<=": value <= asked,
    }[sign]
