import pytest

from apps.language.code import check
from apps.language.code.prelude import as_data


@pytest.mark.parametrize(
    "source",
    [
        "inputs['a']",
        "return slugify(inputs['a'])",
        "import datetime\ndatetime.datetime(2026, 1, 1)",
        "from collections import Counter as C\nC('aab')",
        "def f(a, *b, c=1, **d):\n    return [x for x in b if (y := x)]\nf(1)",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    x = str(e)\nx",
        "match inputs:\n    case {'a': a, **rest}:\n        x = a\n    case [first]:\n        x = first\nx",
        "re.findall('\\d', 'a1')",
        "if inputs:\n    return 1",
    ],
)
def test_a_sound_program_has_no_problem(source):
    assert check(source) == []


@pytest.mark.parametrize(
    ("source", "line", "column", "words", "severity"),
    [
        ("x = = 1", 1, 5, "Expected an expression", "error"),
        ("x = 1\ndel x", 2, 1, "del", "error"),
        ("return nope", 1, 8, "no “nope”", "error"),
        ("1\nslugfy('a')", 2, 1, "Did you mean “slugify”", "error"),
        ("import requests\n1", 1, 8, "no module “requests”", "error"),
        ("input()", 1, 1, "inputs", "error"),
        ("x = 1", 1, 1, "no output", "warning"),
        ("", 1, 1, "empty", "warning"),
    ],
)
def test_a_problem_has_place_words_and_severity(source, line, column, words, severity):
    (problem,) = check(source)

    assert (problem.line, problem.column, problem.severity) == (line, column, severity)
    assert problem.end_column > problem.column
    assert words in problem.message


def test_a_name_is_told_once():
    assert len(check("return nope + nope")) == 1


def test_the_editors_help_is_data():
    data = as_data()

    assert {entry["name"] for entry in data["functions"]} >= {"slugify", "round_money"}
    assert data["limits"]
    assert data["refused"]
