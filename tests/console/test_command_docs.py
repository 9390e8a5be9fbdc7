"""docs/commands.md describes every command and every option of ours."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import BaseCommand, get_commands, load_command_class

DOCS = Path(settings.BASE_DIR) / "docs" / "commands.md"
OURS = sorted(name for name, app in get_commands().items() if app == "config" or app.startswith("apps."))
DJANGOS = {action.dest for action in BaseCommand().create_parser("manage.py", "any")._actions} | {"json"}


def _section(name: str) -> str:
    text = DOCS.read_text(encoding="utf-8")
    assert f"\n## {name}\n" in text, f"docs/commands.md has no section for {name}"
    return text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("name", OURS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    options = [
        action.option_strings[-1]
        for action in parser._actions
        if action.option_strings and action.dest not in DJANGOS
    ]

    missing = [option for option in options if f"`{option}`" not in _section(name)]

    assert missing == []


def test_every_section_is_a_command() -> None:
    sections = [line[3:] for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]

    assert sorted(sections) == OURS
