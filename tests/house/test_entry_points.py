"""The processes of a deployment, as its host starts them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import BASE_DIR

PYTHON = sys.executable
SAFE = {
    "SECRET_KEY": "k3Yw9-unlikely-text-of-more-than-the-50-characters-that-Django-wants",
    "FIELD_KEYS": "f7Qp2-unlikely-text-of-more-than-32-characters",
    "SEARCH_KEYS": "s1Lm5-unlikely-text-of-more-than-32-characters",
    "PUBLIC_URL": "https://tandem.example.com",
    "TRUST_PROXY": "true",
}


def start(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with these variables and an empty database of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": str(folder / "none"),
        "DATABASE_URL": f"sqlite:///{folder}/empty.sqlite3",
        **variables,
    }
    return subprocess.run(
        [PYTHON, *command],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command", [("-c", "import config.wsgi"), ("manage.py", "worker"), ("manage.py", "check", "--deploy")]
)
def test_each_refuses_unsafe_settings_with_the_remedy(tmp_path: Path, command: tuple[str, ...]):
    result = start(tmp_path, *command, **(SAFE | {"FIELD_KEYS": "short"}))

    assert result.returncode != 0
    assert "tandem.E004" in result.stderr
    assert "token_urlsafe" in result.stderr


def test_an_unknown_log_level_is_named_instead_of_a_traceback(tmp_path: Path):
    result = start(tmp_path, "manage.py", "check", **(SAFE | {"LOG_LEVEL": "chatty"}))

    assert result.returncode != 0
    assert "tandem.E012" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_deployment_check_has_nothing_to_say_about_safe_settings(tmp_path: Path):
    result = start(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE)

    assert result.returncode == 0, result.stderr


def test_the_web_process_opens_on_safe_settings(tmp_path: Path):
    result = start(tmp_path, "-c", "from config.wsgi import application", **SAFE)

    assert result.returncode == 0, result.stderr
