import json

import pytest

from apps.language.code import CodeError, Ran, run
from apps.language.code.prelude import MODULES, PRELUDE


def output(source, inputs=None):
    ran = run(source, inputs or {})
    assert isinstance(ran, Ran), ran
    return ran.output


def error(source, inputs=None, **options):
    failed = run(source, inputs or {}, **options)
    assert isinstance(failed, CodeError), failed
    return failed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", 2),
        ("x = 1\nx", 1),
        ("return 5", 5),
        ("return 1, 2  # two", [1, 2]),
        ("return (  # why\n    1\n)", 1),
        ("if inputs:\n    return 'some'\nreturn 'none'", "none"),
        ("for n in range(9):\n    if n == 3:\n        return n", 3),
        ("def f():\n    return 3\nf()", 3),
        ("text = '''a\n  b'''\nreturn text", "a\n  b"),
        ("[\n  1,\n]", [1]),
        ("'ä' 'ö'  # ü", "äö"),
        ("x = 1; x", 1),
        ("async def f():\n    return 4\nawait f()", 4),
        ("x = 1", None),
        ("", None),
        ("return", None),
        ("{'b': (1, 2), 3: None}", {"b": [1, 2], "3": None}),
        ("import datetime\ndatetime.datetime(2026, 3, 1, 10)", "2026-03-01T10:00:00"),
        ("from decimal import Decimal\n[Decimal('1.5'), Decimal(2)]", [1.5, 2]),
        ("json = 1\nre = 2\n[slugify('A b'), to_json({})]", ["a-b", "{}"]),
        ("1\r\n\r\n2", 2),
    ],
)
def test_the_last_expression_or_a_return_is_the_output(source, expected):
    assert output(source) == expected


def test_inputs_are_a_dict_of_json_values():
    given = {"items": [{"price": 1.5, "count": 2}, {"price": 3, "count": 1}], "none": None, "é": True}

    assert output("sum(i['price'] * i['count'] for i in inputs['items'])", given) == 6.0
    assert output("inputs", given) == given


def test_printed_text_is_kept_beside_the_output():
    ran = run("print('a', 1)\nprint('b')\n3", {})

    assert (ran.output, ran.printed) == (3, "a 1\nb\n")


@pytest.mark.parametrize("entry", PRELUDE, ids=lambda entry: entry.name)
def test_every_example_of_the_prelude_gives_what_it_says(entry):
    assert output(entry.example) == entry.result


@pytest.mark.parametrize("module", MODULES)
def test_every_documented_module_can_be_imported(module):
    assert output(f"import {module}\ntrue = 1\ntrue") == 1


@pytest.mark.parametrize(
    ("source", "code", "line", "column", "words"),
    [
        ("x = = 1", "code_syntax", 1, 5, "Expected an expression"),
        ("x = 1\nclass A(B): pass", "code_unsupported", 2, 9, "inheritance"),
        ("x = 1\ndel x", "code_unsupported", 2, 1, "del"),
        ("\n\nreturn 'é' + nope", "code_name", 3, 14, "no “nope”"),
        ("x = jsno.loads('')", "code_name", 1, 5, "Did you mean “json”"),
        ("datetime.now()", "code_name", 1, 1, "import datetime"),
        ("import requests", "code_import", 1, 1, "requests"),
        ("def f(n):\n    return 1 / n\n\nx = [f(0)]\nx", "code_raised", 2, 12, "ZeroDivisionError"),
        ("raise ValueError('no price')", "code_raised", 1, 7, "no price"),
        ("mean([])", "code_raised", 1, 1, "at least one number"),
        ("x = {1}\nreturn x", "code_output", 2, 8, "sorted(…)"),
        ("float('nan')", "code_output", 1, 1, "nan"),
        ("lambda: 1", "code_output", 1, 1, "function"),
        ("import time\ntime.time()", "code_forbidden", 2, 1, "no clock"),
        ("import random\nrandom.random()", "code_forbidden", 2, 1, "chance"),
        ("open('/etc/passwd')", "code_forbidden", 1, 1, "no files"),
    ],
)
def test_an_error_names_its_place_and_a_remedy(source, code, line, column, words):
    failed = error(source)

    assert (failed.code, failed.line) == (code, line)
    assert abs(failed.column - column) <= 8
    assert words in failed.message
    assert failed.message.startswith(f"Line {line}")
    assert failed.remedy


def test_columns_are_those_of_the_program_as_written():
    assert error("return 'é' + nope").column == 14
    assert error("x = 1; nope").column == 8


def test_what_was_printed_before_an_error_is_kept():
    assert error("print('so far')\n1 / 0").printed == "so far\n"


def test_a_program_may_not_be_longer_than_the_limit():
    assert error("#" * 20_001).code == "code_too_long"


@pytest.mark.parametrize("bad", [float("nan"), "\ud800", "a\x00", {1: 2}, object()])
def test_inputs_that_json_does_not_know_are_refused(bad):
    assert error("1", {"bad": bad}).code == "code_input"


def test_two_megabytes_of_input_are_taken_and_five_are_not():
    assert output("len(inputs['rows'])", {"rows": ["x" * 1000] * 2000}) == 2000
    assert error("1", {"rows": ["x" * 1000] * 5000}).code == "code_input"


def test_an_output_of_a_megabyte_is_given_and_more_is_not():
    assert len(json.dumps(output("'x' * 1_000_000"))) == 1_000_002
    assert error("'x' * 1_100_000").code == "code_output"


def test_runs_share_nothing():
    output("leak = 1\nleak")

    assert error("leak").code == "code_name"
