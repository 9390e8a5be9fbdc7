"""Between the forms of an own app and its declaration: defaults, keys from names, and where a part stands."""

import re
from collections.abc import Mapping
from typing import Any

from apps.catalog.contract import Problem
from apps.catalog.custom.declaration import Declaration

LISTS = {"action": "actions", "trigger": "triggers"}
NEW: dict[str, dict[str, Any]] = {
    "basics": {
        "color": "#0f766e",
        "auth": [{"label": "API key", "key": "api_key", "secret": True, "required": True, "help_text": ""}],
        "signing": {"kind": "bearer", "field": "api_key"},
    },
    "action": {"method": "POST", "body_kind": "json", "effect": "create", "inputs": [], "outputs": []},
    "trigger": {"fields": []},
    "webhook": {
        "verification": {"kind": "hmac", "header": "X-Signature", "algorithm": "sha256", "encoding": "hex"},
        "event_type": {"kind": "path", "value": "type"},
        "event_id": {"kind": "path", "value": "id"},
    },
}
_VERIFICATION = {
    "none": frozenset({"kind"}),
    "shared_secret": frozenset({"kind", "header", "prefix"}),
    "hmac": frozenset(
        {"kind", "header", "prefix", "algorithm", "encoding", "timestamp_header", "signed", "tolerance"}
    ),
}


def slug(text: str, *, parted_by: str) -> str:
    """Return a key made from a name: small letters and digits, the rest as `parted_by`."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    joined = parted_by.join(words)[:40].strip(parted_by) if parted_by else "".join(words)[:40]
    return joined if joined[:1].isalpha() or not joined else f"x{parted_by}{joined}"


def completed(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what was entered with keys where they were left empty, and without what does not apply."""
    if kind == "basics":
        return _basics(data)
    if kind == "webhook":
        chosen = data["verification"]
        keep = _VERIFICATION.get(chosen.get("kind", ""), frozenset({"kind"}))
        kept = {name: value for name, value in chosen.items() if name in keep and value != ""}
        if data["event_id"].get("kind") == "digest":
            data["event_id"]["value"] = ""
        return {**data, "verification": kept}
    data["key"] = data["key"] or slug(data["name"], parted_by="-")
    for name in ("inputs", "outputs", "fields"):
        for row in data.get(name, ()):
            row["key"] = row["key"] or slug(row["label"], parted_by="_")
            row["semantic"] = row["semantic"] or None
    if kind == "action":
        return _action(data)
    return data


def _basics(data: dict[str, Any]) -> dict[str, Any]:
    if "key" in data:  # It is asked for once, when the app is added.
        data["key"] = data["key"] or slug(data["name"], parted_by="")
    for row in data["auth"]:
        row["key"] = row["key"] or slug(row["label"], parted_by="_")
    signing = data["signing"]
    first = next((row["key"] for row in data["auth"] if row["secret"]), "")
    if signing["kind"] == "none":
        data["signing"] = {"kind": "none"}
    else:
        data["signing"] = {**signing, "field": signing["field"] or first}
    data["base_url"] = data["base_url"].rstrip("/")
    return data


def _action(data: dict[str, Any]) -> dict[str, Any]:
    if data["body_kind"] != "json":
        data["body"] = None
    if data["body_kind"] != "form":
        data["form"] = []
    if data["method"] == "GET":
        data["body_kind"], data["body"], data["form"] = "none", None, []
    return data


def part_of(declaration: Mapping[str, Any], kind: str, index: int | None) -> dict[str, Any]:
    """Return the part that a form shows; raises `LookupError` where there is none."""
    if kind == "basics":
        return dict(declaration)
    if kind == "webhook":
        return dict(declaration["webhook"] or NEW["webhook"])
    return dict(NEW[kind] if index is None else declaration[LISTS[kind]][index])


def put_part(
    declaration: Mapping[str, Any], kind: str, index: int | None, part: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the declaration with a part in its place, added, or (None) taken out."""
    changed = dict(declaration)
    if kind == "basics":
        return {**changed, **(part or {})}
    if kind == "webhook":
        return {**changed, "webhook": None if part is None else dict(part)}
    parts = list(changed.get(LISTS[kind], ()))
    if index is None:
        parts.append(dict(part or {}))
    elif part is None:
        del parts[index]
    else:
        parts[index] = dict(part)
    return {**changed, LISTS[kind]: parts}


def problems_below(
    problems: list[Problem], kind: str, index: int | None, declaration: Mapping[str, Any]
) -> list[Problem]:
    """Return the problems with paths below the part; those of other parts keep theirs."""
    if kind == "basics":
        return problems
    prefix: tuple[str | int, ...] = ("webhook",)
    if kind in LISTS:
        prefix = (LISTS[kind], len(declaration[LISTS[kind]]) - 1 if index is None else index)
    return [
        Problem(each.path[len(prefix) :], each.message, each.remedy)
        if each.path[: len(prefix)] == prefix
        else each
        for each in problems
    ]


def origin(declaration: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what decides to where and how credentials are sent."""
    parsed = Declaration.model_validate(dict(declaration))
    return parsed.base_url, parsed.signing
