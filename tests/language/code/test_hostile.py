"""Programs that mean harm: each ends in an error of its own, in time, and the next run works."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.language.code import CodeError, Ran, check, run

SECONDS = 0.3

SHARED = "a = [0] * 1000\nb = [a] * 1000\nc = [b] * 1000\nd = [c] * 1000\n"

ESCAPES = [
    "().__class__.__bases__[0].__subclasses__()",
    "type(()).__mro__",
    "object.__subclasses__()",
    "(lambda: 0).__globals__",
    "(lambda: 0).__code__",
    "run.__globals__",
    "globals()['inputs']",
    "vars()",
    "__builtins__",
    "__import__('os')",
    "compile('1', '', 'eval')",
    "eval('().__class__')",
    "exec('import os\\nos.environ')",
    "'{0.__class__.__mro__}'.format(1)",
    "f'{(1).__class__}'",
    "getattr('', '__cl' + 'ass__')",
    "type('X', (), {'__del__': 1})().__dict__",
    "import os\nos.environ",
    "import os\nos.getenv('SECRET_KEY')",
    "import os\nos.system('id')",
    "import os\nos.listdir('/')",
    "import os\nos.fork()",
    "import sys\nsys.modules",
    "import sys\nsys._getframe()",
    "import pathlib\npathlib.Path('/etc/passwd').read_text()",
    "open('/proc/self/environ').read()",
    "open('x', 'w').write('x')",
    "import socket",
    "import subprocess",
    "import ctypes",
    "import builtins",
    "import importlib",
    "import pickle",
    "import urllib.request",
    "input()",
    "breakpoint()",
    "import json\njson.dumps = 1",
    "import json\njson.__loader__",
    "_json.__dict__",
    "def _tandem_output(v):\n    return [v]\n1",
    "_tandem_output = 1\n2",
    SHARED + "foo(d)",
    SHARED + "open(d)",
]

ENDLESS = [
    "while True: pass",
    "x = 0\nwhile True:\n    x += 1",
    "try:\n    while True: pass\nexcept BaseException:\n    pass\n1",
    "while True:\n    try:\n        g()\n    except BaseException:\n        pass",
    "sum(range(10 ** 10))",
    "10 in iter(int, 1)",
    "x = 3\nfor i in range(60): x = x * x\nx",
    "import math\nmath.factorial(10 ** 7)",
    "import hashlib\nhashlib.pbkdf2_hmac('sha256', b'a', b'b', 10 ** 9)",
]

TOO_LARGE = [
    "a = []\nwhile True: a.append('x' * 10000)",
    "'x' * 10 ** 10",
    "[0] * 10 ** 10",
    "10 ** 10 ** 8",
    "1 << 10 ** 12",
    "'{:>1000000000}'.format(1)",
    "f'{1:>1000000000}'",
    "'%1000000000d' % 1",
    "list(range(10 ** 9))",
    "sorted(range(10 ** 8))",
    "import itertools\nlist(itertools.count())",
    "('a' * 10 ** 6).replace('a', 'b' * 1000)",
    "bytes(10 ** 10)",
    SHARED + "d",
    SHARED + "str(d)",
    SHARED + "raise ValueError(d)",
    SHARED + "raise ValueError(str(d))",
    "'x' * 30_000_000",
    "['x' * 1000] * 20_000",
    "[None] * 4_000_000",
    "print('x' * 10 ** 7)",
    "for i in range(10 ** 6): print('hello')",
    "raise ValueError('x' * 10 ** 7)",
]

TOO_DEEP = [
    "def f():\n    return f()\nf()",
    "f = lambda: f()\nf()",
    "a = []\nfor i in range(5000): a = [a]\na",
    "a = []\nfor i in range(70): a = [a]\na",
    "a = []\na.append(a)\na",
    "a = []\nfor i in range(200_000): a = [a]\na == a[0]",
    "json.loads('[' * 100_000)",
    "(" * 5000 + "1" + ")" * 5000,
    "-" * 19_000 + "1",
    "[" * 19_000,
    "f" + "()" * 9000,
    "1" + "+1" * 9000,
    "a" + ".b" * 9000,
    "not " * 4900 + "1",
    "lambda:" * 2800 + "1",
    "'\\x00'",
    "10 ** 70",
    "'a\x00b'",
]


def ends(source):
    began = time.monotonic()
    failed = run(source, {"n": 1}, seconds=SECONDS)
    taken = time.monotonic() - began
    assert isinstance(failed, CodeError), failed
    assert failed.message
    assert failed.remedy
    assert failed.code != "code_unavailable"
    assert len(failed.message) <= 600
    assert len(failed.printed) <= 16 * 1024
    assert taken < SECONDS + 1
    healthy = run("inputs['n'] + 1", {"n": 1})
    assert isinstance(healthy, Ran), healthy
    assert healthy.output == 2
    return failed


@pytest.mark.parametrize("source", ESCAPES)
def test_nothing_of_the_host_can_be_reached(source):
    failed = ends(source)

    assert failed.line


@pytest.mark.parametrize("source", ENDLESS)
def test_what_never_ends_is_stopped(source):
    assert ends(source).code in ("code_timeout", "code_memory", "code_raised")


@pytest.mark.parametrize("source", TOO_LARGE)
def test_what_is_too_large_stays_in_the_sandbox(source):
    assert ends(source).code in ("code_memory", "code_printed", "code_output", "code_raised", "code_timeout")


@pytest.mark.parametrize("source", TOO_DEEP)
def test_what_is_too_deep_is_refused(source):
    assert ends(source).code in ("code_recursion", "code_syntax", "code_output", "code_raised", "code_input")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$"])
def test_a_regular_expression_that_explodes_harms_nothing(pattern):
    began = time.monotonic()
    outcome = run(f"re.match(r'{pattern}', 'a' * 40 + 'b') is None", {}, seconds=SECONDS)

    assert time.monotonic() - began < SECONDS + 1
    assert isinstance(outcome, CodeError) or outcome.output in (True, False)


@pytest.mark.parametrize("source", [*TOO_DEEP[7:15], ENDLESS[0], SHARED + "d"])
def test_checking_a_hostile_program_executes_nothing(source):
    began = time.monotonic()
    check(source)

    assert time.monotonic() - began < 1


def test_many_threads_run_harm_and_work_at_the_same_time():
    sources = ["while True: pass", "inputs['n'] * 2", "'x' * 10 ** 10", "inputs['n'] * 2"] * 5

    with ThreadPoolExecutor(max_workers=10) as threads:
        outcomes = list(threads.map(lambda source: run(source, {"n": 4}, seconds=SECONDS), sources))

    assert [outcome.output for outcome in outcomes[1::2]] == [8] * 10
    assert [outcome.code for outcome in outcomes[::4]] == ["code_timeout"] * 5
    assert [outcome.code for outcome in outcomes[2::4]] == ["code_memory"] * 5
