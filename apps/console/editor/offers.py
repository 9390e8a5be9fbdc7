"""What the editor offers besides the apps: kinds of logic steps, filters, operators."""

from dataclasses import dataclass
from typing import Any

from apps.language.filters import FILTERS
from apps.language.operators import OPERATORS

HTTP_REQUEST = "http.request"
"""The action that is offered among the logic steps, too."""


@dataclass(frozen=True, slots=True)
class Logic:
    """One kind of step that belongs to no app."""

    kind: str
    name: str
    description: str
    keywords: tuple[str, ...]
    action: str = ""


LOGIC: tuple[Logic, ...] = (
    Logic(
        "filter",
        "Filter",
        "Go on only if a condition holds; else the run ends as filtered.",
        ("only if", "condition", "continue if", "stop unless", "where"),
    ),
    Logic(
        "if",
        "If",
        "Go one way if a condition holds, another way if not.",
        ("else", "branch", "condition", "path", "router", "then"),
    ),
    Logic(
        "switch",
        "Switch",
        "Take the first case whose condition holds, else the default.",
        ("case", "router", "paths", "branch", "match", "split"),
    ),
    Logic(
        "ai",
        "AI",
        "Let a model classify, extract or write; the answer is checked.",
        (
            "openai",
            "gpt",
            "claude",
            "anthropic",
            "llm",
            "classify",
            "extract",
            "write",
            "summarise",
            "prompt",
        ),
    ),
    Logic(
        "code",
        "Code",
        "Run a few lines of Python in a sandbox.",
        ("python", "script", "function", "javascript", "custom"),
    ),
    Logic(
        "transform",
        "Transform",
        "Set, rename and pick fields; filter, sort and join lists, without code.",
        ("set fields", "rename", "format", "map", "list", "edit fields", "formatter", "set"),
    ),
    Logic(
        "action",
        "HTTP request",
        "Call any address on the web.",
        ("api", "webhook", "rest", "get", "post", "curl", "url", "fetch"),
        action=HTTP_REQUEST,
    ),
    Logic(
        "delay",
        "Delay",
        "Wait for a time, until a time, or until a time of day.",
        ("wait", "sleep", "pause", "later", "schedule", "timer"),
    ),
    Logic(
        "for_each",
        "For each",
        "Do the same steps for every item of a list.",
        ("loop", "iterate", "repeat", "list", "iterator", "split in batches"),
    ),
    Logic(
        "approval",
        "Approval",
        "Ask a person before going on.",
        ("approve", "human", "review", "confirm", "sign off", "deny"),
    ),
    Logic(
        "wait_webhook",
        "Wait for webhook",
        "Wait until something calls an address of this run.",
        ("callback", "resume", "incoming", "listen", "pause", "external"),
    ),
    Logic(
        "stop",
        "Stop",
        "End the run here, with a result of your choice.",
        ("end", "exit", "finish", "terminate", "fail"),
    ),
)

_GROUPS = {"arithmetic": "Numbers", "text": "Text", "lists": "Lists", "general": "General"}
_TIMES = ("date", "iso_date", "iso_time", "unix")
_MONEY = ("money", "minor_units")

Arg = tuple[str, str, Any]

ARGS: dict[str, tuple[Arg, ...]] = {
    "append": (("text", "text", ""),),
    "at_least": (("minimum", "number", 0),),
    "at_most": (("maximum", "number", 100),),
    "concat": (("list", "list", None),),
    "date": (("format", "text", "%B %-d, %Y"), ("zone", "text", None)),
    "default": (("value", "text", ""),),
    "divided_by": (("number", "number", 2),),
    "iso_date": (("zone", "text", None),),
    "join": (("separator", "text", ", "),),
    "map": (("field", "text", ""),),
    "minor_units": (("currency", "text", "usd"),),
    "minus": (("number", "number", 1),),
    "modulo": (("number", "number", 2),),
    "money": (("currency", "text", "usd"), ("style", "text", None)),
    "plus": (("number", "number", 1),),
    "prepend": (("text", "text", ""),),
    "remove": (("text", "text", ""),),
    "remove_first": (("text", "text", ""),),
    "replace": (("text", "text", ""), ("by", "text", "")),
    "replace_first": (("text", "text", ""), ("by", "text", "")),
    "required": (("message", "text", None),),
    "round": (("decimals", "integer", None),),
    "slice": (("start", "integer", 0), ("length", "integer", 10)),
    "sort": (("field", "text", None),),
    "split": (("separator", "text", ","),),
    "sum": (("field", "text", None),),
    "times": (("number", "number", 2),),
    "truncate": (("length", "integer", 50), ("ending", "text", None)),
    "truncatewords": (("words", "integer", 10), ("ending", "text", None)),
    "uniq": (("field", "text", None),),
    "unix": (("zone", "text", None),),
    "where": (("field", "text", ""), ("value", "text", None)),
}
"""What each filter is handed, in order: name, type and the value to begin with (None: left out)."""


def logic_json() -> list[dict[str, Any]]:
    """Return the kinds of logic steps; `action` is set for the one that is an app's action."""
    return [
        {
            "kind": each.kind,
            "name": each.name,
            "description": each.description,
            "keywords": list(each.keywords),
            "action": each.action,
        }
        for each in LOGIC
    ]


def filters_json() -> list[dict[str, Any]]:
    """Return every filter of templates with its arguments."""
    return [
        {
            "name": each.name,
            "label": each.name.replace("_", " ").capitalize(),
            "description": each.help,
            "group": _group(each.name, each.function.__module__),
            "args": [
                {"name": name, "type": kind, "default": default}
                for name, kind, default in ARGS.get(each.name, ())
            ],
            "required_args": each.least,
            "example": each.example,
            "gives": each.gives,
        }
        for _, each in sorted(FILTERS.items())
    ]


def operators_json() -> list[dict[str, Any]]:
    """Return every operator of conditions, in the order of the table."""
    return [
        {
            "op": each.key,
            "label": each.label,
            "right": each.arity == 2,
            "types": list(each.kinds),
            "ignore_case": each.takes_ignore_case,
        }
        for each in OPERATORS.values()
    ]


def _group(name: str, module: str) -> str:
    if name in _TIMES:
        return "Times"
    return "Money" if name in _MONEY else _GROUPS.get(module.rpartition(".")[2], "General")
