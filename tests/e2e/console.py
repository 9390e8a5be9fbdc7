"""An installation's commands in one process, which starts once: each is run as `manage.py` runs it.

    python -m tests.e2e.console

Reads one JSON line per command from standard input, `{"arguments": […], "given": …}`
where `given` is the command's own standard input, and answers one JSON line,
`{"code": …, "out": …, "err": …}`; ends when its standard input closes.
"""

import io
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from django.core.management import execute_from_command_line
from django.db import connections


def run(arguments: Sequence[str], given: str) -> dict[str, Any]:
    """Run a command to its end."""
    code, out, err = 0, io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(given)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            execute_from_command_line(["manage.py", *arguments])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdin = before
        connections.close_all()
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def main() -> None:
    """Run commands until there are no more."""
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
