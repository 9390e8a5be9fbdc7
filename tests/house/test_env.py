"""Settings come from the environment, and docs/settings.md tells all of them."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import BASE_DIR, Environment, comma_list, env

# `environ` alone is what a WSGI server hands over with a request.
READS = re.compile(r"\bos\.environb?\b|\bgetenvb?\b|\bfrom os import\b")
# The table itself; the marks of hosts; the entry points, which set and do not read.
MAY_READ = {"config/env.py", "config/checks.py", "config/wsgi.py", "manage.py"}
DOCUMENT = (BASE_DIR / "docs" / "settings.md").read_text()
MADE_OF_NAMES = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def documented(*sections: str) -> set[str]:
    """Return the variables in the tables of these sections."""
    parts = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)
    chosen = [part for part in parts if part.split("\n", 1)[0] in sections]
    assert len(chosen) == len(sections)
    return set(MADE_OF_NAMES.findall("\n".join(chosen)))


PROCFILE_SECTION = "Read by the Procfile and by make"


def test_every_setting_is_documented_and_every_documented_one_is_read():
    everything = set(MADE_OF_NAMES.findall(DOCUMENT))

    assert everything - documented(PROCFILE_SECTION) == set(env.scheme)


def test_every_declared_setting_is_used():
    used: set[str] = set()
    for path in (BASE_DIR / "config").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("env", "env.db"):
                used |= {ast.literal_eval(argument) for argument in node.args}

    assert used | {"ENV_FILE"} == set(env.scheme)


def test_the_procfile_and_make_read_what_is_documented():
    procfile = set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "Procfile").read_text()))

    assert procfile <= documented(PROCFILE_SECTION) | set(env.scheme)


def test_nothing_but_the_table_reads_the_environment():
    paths = [*(BASE_DIR / "apps").rglob("*.py"), *(BASE_DIR / "config").rglob("*.py"), BASE_DIR / "manage.py"]
    readers = {str(path.relative_to(BASE_DIR)) for path in paths if READS.search(path.read_text())}

    assert readers <= MAY_READ


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIMIT", " ")

    assert Environment(LIMIT=(int, 7))("LIMIT") == 7


def test_a_key_may_begin_with_a_dollar_sign(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEYS", "$HOME, two words ,,")

    assert Environment(KEYS=(comma_list, []))("KEYS") == ["$HOME", "two words"]


def test_a_value_of_the_wrong_type_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIMIT", "s3cret")

    with pytest.raises(ImproperlyConfigured, match="LIMIT is not a value of type int") as refused:
        Environment(LIMIT=(int, 7))("LIMIT")

    assert "s3cret" not in str(refused.value)


def settings_under(folder: Path, names: str, **variables: str) -> dict[str, object]:
    """Return the named settings as a new process sees them with these variables alone."""
    code = (
        "import json; from config import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names.split()}}}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(folder / "none"), **variables},
        capture_output=True,
        text=True,
        check=True,
        cwd=BASE_DIR,
    )
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def test_an_installation_is_in_production_without_debug_unless_it_says_otherwise(tmp_path: Path):
    found = settings_under(tmp_path, "ENVIRONMENT DEBUG SESSION_COOKIE_SECURE ALLOWED_HOSTS EGRESS_ALLOW")

    assert found == {
        "ENVIRONMENT": "production",
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "ALLOWED_HOSTS": [],
        "EGRESS_ALLOW": [],
    }


@pytest.mark.parametrize(
    ("variables", "secure"),
    [
        ({"ENVIRONMENT": "local"}, False),
        ({"ENVIRONMENT": "local", "PUBLIC_URL": "http://127.0.0.1:8000"}, False),
        ({"ENVIRONMENT": "local", "PUBLIC_URL": "https://tandem.example.com"}, True),
        ({"PUBLIC_URL": "https://tandem.example.com"}, True),
        ({"PUBLIC_URL": "http://tandem.example.com"}, False),
    ],
)
def test_cookies_are_for_https_alone_unless_the_address_is_plain(
    tmp_path: Path, variables: dict[str, str], secure: bool
):
    found = settings_under(tmp_path, "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE", **variables)

    assert found == {"SESSION_COOKIE_SECURE": secure, "CSRF_COOKIE_SECURE": secure}


def test_the_public_address_is_allowed_and_trusted(tmp_path: Path):
    found = settings_under(
        tmp_path,
        "PUBLIC_URL ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS",
        PUBLIC_URL="https://tandem.example.com:8443/",
    )

    assert found == {
        "PUBLIC_URL": "https://tandem.example.com:8443",
        "ALLOWED_HOSTS": ["tandem.example.com"],
        "CSRF_TRUSTED_ORIGINS": ["https://tandem.example.com:8443"],
    }


def test_the_environment_wins_over_the_file(tmp_path: Path):
    file = tmp_path / "local.env"
    file.write_text("ENVIRONMENT=local\nLOG_LEVEL=debug\n")

    found = settings_under(tmp_path, "ENVIRONMENT LOG_LEVEL", ENV_FILE=str(file), LOG_LEVEL="error")

    assert found == {"ENVIRONMENT": "local", "LOG_LEVEL": "ERROR"}


def test_a_postgresql_address_with_a_socket_is_understood(tmp_path: Path):
    found = settings_under(tmp_path, "DATABASES", DATABASE_URL="postgresql://me@/tandem?host=/run/pg")

    database = found["DATABASES"]["default"]  # type: ignore[index] # JSON of a known shape
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["NAME"] == "tandem"
    assert database["OPTIONS"]["host"] == "/run/pg"
    assert database["CONN_MAX_AGE"] is None


def test_a_postgresql_that_went_without_a_word_is_noticed_as_patiently_as_the_address_says(tmp_path: Path):
    address = "postgresql://me@db.example.com/tandem?connect_timeout=9"
    found = settings_under(tmp_path, "DATABASES", DATABASE_URL=address)

    options = found["DATABASES"]["default"]["OPTIONS"]  # type: ignore[index] # JSON of a known shape
    assert options["connect_timeout"] in (9, "9")
    assert (options["keepalives_idle"], options["tcp_user_timeout"]) == (10, 20_000)
