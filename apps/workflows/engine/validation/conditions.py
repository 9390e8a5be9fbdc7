"""Whether a condition is sound and reads what is declared."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apps.language import conditions
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.validation.paths import Declared, find_fault
from apps.workflows.engine.validation.places import Place


def check_condition(place: Place, condition: Mapping[str, Any], declared: Declared) -> Iterator[Problem]:
    """Find every problem of the condition in a place."""
    wrong = conditions.check(condition) or conditions.unfilled(condition)
    for problem in wrong:
        inner = ".".join(map(str, problem.path))
        yield replace(place, path=f"{place.path}.{inner}" if inner else place.path).problem(
            problem.code, problem.message
        )
    if wrong:
        return
    for path in conditions.paths_of(condition):
        fault = find_fault(path, declared)
        if fault is not None:
            yield place.problem(fault.code, fault.message)
