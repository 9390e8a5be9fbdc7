"""What a program finds in the sandbox, as data: for the docs, the editor's help and the linter."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from apps.language.code import limits


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of the prelude. `example` is an expression, `result` what it gives, as JSON."""

    name: str
    signature: str
    description: str
    example: str
    result: Any


PRELUDE: Final = (
    Entry(
        "get",
        "get(value, path, default=None)",
        "A value inside dicts and lists by its path, or the default where it is missing or null.",
        'get({"a": {"b": [1, 2]}}, "a.b.1", 0)',
        2,
    ),
    Entry(
        "parse_json", "parse_json(text)", "The value that a JSON text holds.", 'parse_json("[1, 2]")', [1, 2]
    ),
    Entry("to_json", "to_json(value)", "A value as JSON text.", 'to_json({"a": 1})', '{"a": 1}'),
    Entry(
        "round_money",
        "round_money(amount, places=2)",
        "An amount rounded half up, exactly; with 0 places an integer.",
        "round_money(1.005)",
        1.01,
    ),
    Entry(
        "parse_time",
        "parse_time(value)",
        "A datetime from ISO text or unix seconds; without a zone it is UTC.",
        'parse_time("2026-03-01T10:00:00Z").year',
        2026,
    ),
    Entry(
        "format_time",
        'format_time(value, pattern="%Y-%m-%d %H:%M")',
        "A time as text. Takes whatever parse_time takes.",
        'format_time(0, "%d %B %Y")',
        "01 January 1970",
    ),
    Entry(
        "unix",
        "unix(value)",
        "A time as unix seconds. Takes whatever parse_time takes.",
        'unix("1970-01-02T00:00:00Z")',
        86400,
    ),
    Entry(
        "slugify",
        "slugify(text)",
        "Text for an address: small letters, digits and hyphens.",
        'slugify("Crème brûlée, twice!")',
        "creme-brulee-twice",
    ),
    Entry(
        "unique", "unique(values)", "A list without repeated values, in order.", "unique([1, 2, 1])", [1, 2]
    ),
    Entry("mean", "mean(values)", "The average of numbers.", "mean([1, 2, 6])", 3.0),
    Entry("median", "median(values)", "The middle one of numbers.", "median([1, 9, 2])", 2),
)
"""The functions that need no import."""

MODULES_AT_HAND: Final = ("json", "math", "re")
"""Modules that need no import."""

MODULES: Final = (
    "base64",
    "binascii",
    "bisect",
    "collections",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "hashlib",
    "itertools",
    "json",
    "math",
    "random",
    "re",
    "tomllib",
    "typing",
    "unicodedata",
)
"""Modules that may be imported. The sandbox has some of each, not all."""

OTHER_MODULES: Final = ("__future__", "asyncio", "os", "pathlib", "posixpath", "sys", "time")
"""Modules that import but have nothing to offer here: no files, environment, network or clock."""

LIMITS: Final = (
    ("Length of the program", f"{limits.MAX_SOURCE:,} characters"),
    (
        "Time",
        f"{limits.MIN_SECONDS:g} to {limits.MAX_SECONDS:g} seconds, {limits.DEFAULT_SECONDS:g} unless set",
    ),
    ("Memory", f"{limits.MAX_MEMORY // 1024**2} MiB"),
    ("Inputs", f"{limits.MAX_INPUT // 1024**2} MiB as JSON"),
    ("Output", f"{limits.MAX_OUTPUT // 1024**2} MiB as JSON, nested at most 64 levels deep"),
    ("Printed text", f"{limits.MAX_PRINTED // 1024} KiB"),
    ("Calls inside calls", str(limits.MAX_DEPTH)),
)
"""What bounds a program: (what, how much)."""

REFUSED: Final = (
    (
        "Files, network, processes, environment variables",
        "None exist in the sandbox. Use an HTTP request step for calls.",
    ),
    (
        "The clock and chance",
        (
            "Neither exists, so that a repeated step gives the same output. "
            "Take times from the event; random.Random(seed) works."
        ),
    ),
    (
        "del, yield, class inheritance, decorators on methods, try … except*, import *",
        "The sandbox does not know this part of Python.",
    ),
    ("Packages", "Only the modules listed can be imported."),
)
"""What does not work: (what, why and what instead)."""


def as_data() -> dict[str, Any]:
    """Return prelude, modules and limits as JSON for the editor's help."""
    return {
        "functions": [asdict(entry) for entry in PRELUDE],
        "modules_at_hand": list(MODULES_AT_HAND),
        "modules": list(MODULES),
        "limits": [{"name": name, "value": value} for name, value in LIMITS],
        "refused": [{"name": name, "reason": reason} for name, reason in REFUSED],
    }
