"""What the tests of commands share: standard input, and a command's answer."""

import io
import json

import pytest
from django.core.management import call_command

KEY = "sk_test_canaryCanaryCanary0042"


@pytest.fixture
def stdin(monkeypatch):
    """Return a function that sets what the command reads."""

    def give(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text if isinstance(text, str) else json.dumps(text)))

    give("")
    return give


@pytest.fixture
def run(stdin, capsys):
    """Return a function that runs a command with --json; it returns exit code and answer."""

    def run(*arguments):
        out = io.StringIO()
        code = 0
        try:
            call_command(*arguments, "--json", stdout=out)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, json.loads(out.getvalue())

    return run


def said(*arguments):
    """Run a command for a person; return what it wrote."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
