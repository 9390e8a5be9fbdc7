"""Python of code steps: what is wrong with it, while it is typed."""

from dataclasses import asdict
from typing import Any

from apps.console.editor.calling import Call, Route
from apps.language import code
from apps.workspaces.roles import Permission


def lint(call: Call) -> dict[str, Any]:
    """Answer what keeps a program from running. It is read in the sandbox, and not run."""
    return {"problems": [asdict(problem) for problem in code.check(call.text("code"))]}


ROUTES = (Route("POST", "lint", Permission.EDIT_WORKFLOWS, lint),)
