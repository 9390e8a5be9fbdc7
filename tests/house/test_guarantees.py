"""Each promise of docs/guarantees.md names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

from tests.kill.matrix import cases

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/guarantees.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def test_every_promise_names_what_holds_it():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| promise")]

    assert rows
    for row in rows:
        assert "`tests/" in row or "the matrix" in row, row


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_named_test_exists(file, name):
    module = ast.parse((ROOT / file).read_text())

    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_the_matrix_has_the_points_and_blows_that_are_promised():
    victims = {case.victim for case in cases.every()}
    points = {case.point for case in cases.every()}

    for named in re.findall(r"“((?:disk|SIGTERM|connections|database|drain)[\w ]*)”", TEXT):
        assert named in victims
    assert {point.split(".")[0] for point in points} == {"receive", "claim", "call", "record", "under load"}


def test_a_short_matrix_comes_to_every_point():
    assert {case.point for case in cases.short()} == {case.point for case in cases.every()}
