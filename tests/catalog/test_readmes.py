"""Each connector's README lists every trigger and action by the name that definitions use."""

import re
from pathlib import Path

import pytest

from apps.catalog import registry
from apps.catalog.spec import App

FOLDER = Path(registry.__file__).parent / "connectors"


def rows(app: App) -> list[str]:
    """Return the table rows that the app's README should hold, in the order of the declarations."""
    triggers = [(registry.trigger_ref(app, trigger), trigger.name) for trigger in app.triggers]
    actions = [(registry.action_ref(app, action), action.name) for action in app.actions if not action.hidden]
    return [f"| `{ref}` | {name} |" for ref, name in [*triggers, *actions]]


@pytest.mark.parametrize("app", registry.APPS, ids=lambda app: app.key)
def test_the_readme_lists_every_trigger_and_action(app: App):
    lines = (FOLDER / app.key / "README.md").read_text(encoding="utf-8").splitlines()

    missing = [row for row in rows(app) if row not in lines]

    assert not missing, f"Add to connectors/{app.key}/README.md:\n" + "\n".join(missing)


@pytest.mark.parametrize("app", registry.APPS, ids=lambda app: app.key)
def test_the_readme_lists_nothing_else(app: App):
    text = (FOLDER / app.key / "README.md").read_text(encoding="utf-8")

    listed = re.findall(rf"^\| `{app.key}\.[a-z-]+` \| .* \|$", text, re.MULTILINE)

    assert sorted(set(listed) - set(rows(app))) == []
    assert len(listed) == len(set(listed))
