"""The page about templates says what is true: every example of it is executed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.language import analysis, conditions, context, filters, sandbox, scanner, values
from apps.language.operators import OPERATORS
from apps.language.templates import parse

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
EXAMPLES, CONDITION = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def rows(columns: int) -> list[list[str]]:
    """Return the cells of all rows whose first cell is code, from tables that wide."""
    found = []
    for line in PAGE.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns and cells[0].startswith("`") and cells[0].endswith("`"):
            found.append([cell.strip("`") for cell in cells])
    return found


FILTER_ROWS = rows(4)


@pytest.mark.parametrize("row", FILTER_ROWS, ids=[row[0] for row in FILTER_ROWS])
def test_an_example_of_a_filter_gives_what_the_page_says(row: list[str]):
    _, _, example, gives = row

    rendered: Any = parse(example).render(EXAMPLES)

    assert gives in (rendered, json.dumps(rendered))


def test_the_page_lists_every_filter_as_the_language_describes_it():
    described = {(entry.name, entry.help, entry.example, entry.gives) for entry in filters.FILTERS.values()}

    assert {tuple(row) for row in FILTER_ROWS} == described


def test_the_page_lists_every_operator():
    listed = [(key, label.removesuffix(" …")) for key, label, _ in rows(3)]

    assert listed == [(operator.key, operator.label) for operator in OPERATORS.values()]


def test_the_condition_of_the_page_is_sound_and_holds():
    assert conditions.check(CONDITION) == []
    assert conditions.evaluate(CONDITION, EXAMPLES).result


def test_the_page_knows_the_limits():
    for limit in (
        f"{scanner.MAX_SOURCE:,} characters",
        f"one tag {scanner.MAX_TAG:,}",
        f"| blocks inside blocks | {sandbox.MAX_NESTING} |",
        f"| iterations of all loops together | {context.MAX_ITERATIONS:,} |",
        f"| items of a list that a filter gives | {filters.MAX_ITEMS:,} |",
        f"| digits of a number | {values.MAX_DIGITS} |",
        f"up to {conditions.MAX_DEPTH} levels deep and {conditions.MAX_LEAVES} comparisons",
    ):
        assert limit in PAGE
    assert filters.MAX_TEXT == context.MAX_OUTPUT == 2**20
    assert context.MAX_NAMESPACE == 4 * 2**20


def test_the_page_names_the_data_that_can_not_be_assigned():
    assert "`trigger`, `steps` and `run`" in PAGE
    assert set(analysis.RESERVED) == {"trigger", "steps", "run"}
