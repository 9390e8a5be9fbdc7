"""README and docs name what there is: targets of make, pages, buttons, files."""

import re

import pytest

from config.env import BASE_DIR

DOCUMENTS = [BASE_DIR / "README.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]
MADE_FOR_PEOPLE = ("run", "test", "check", "bench")


def targets() -> set[str]:
    """Return the targets that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_target_that_is_named_exists(path):
    named = set(re.findall(r"(?:`|^|[0-9] )make ([a-z-]+)", path.read_text(), re.MULTILINE))

    assert named <= targets()


@pytest.mark.parametrize("target", MADE_FOR_PEOPLE)
def test_the_readme_names_the_targets_that_people_need(target):
    assert f"make {target}" in (BASE_DIR / "README.md").read_text()
    assert target in targets()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_linked_file_exists(path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(("name", "heading"), [("README.md", "Start"), ("docs/guide.md", "The first five")])
def test_every_page_and_button_of_the_first_minutes_exists(name, heading):
    part = (BASE_DIR / name).read_text().split(f"## {heading}", 1)[1].split("\n## Deploy", 1)[0]
    part = part if name == "README.md" else part.split("\n## ", 1)[0]
    shown = "".join(path.read_text() for path in (BASE_DIR / "templates").rglob("*.html"))
    shown += (BASE_DIR / "apps" / "common" / "look_settings.py").read_text()

    bold = re.findall(r"\*\*([^*]+)\*\*", part)

    assert bold
    assert [label for label in bold if f">{label}<" not in shown and f'"{label}"' not in shown] == []
