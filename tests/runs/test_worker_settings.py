"""How long the worker waits for SQLite's lock, as the environment, its file or the command says."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

LOOK = """
import sys
import django
from django.core import management

def look(_):
    django.setup()
    from django.db import connection
    from apps.runs.worker import main

    def first_use_of_the_database():
        print(connection.settings_dict["OPTIONS"]["timeout"])
        sys.exit()

    main.cluster.purge_stale_queues = first_use_of_the_database
    main.run_worker()

management.execute_from_command_line = look
sys.argv = ["manage.py", "worker"]
import manage
manage.main()
"""


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("said", "written", "waits"),
    [
        ({}, "", 5.0),
        ({"SQLITE_BUSY_SECONDS": "11"}, "", 11.0),
        ({}, "SQLITE_BUSY_SECONDS=12", 12.0),
    ],
)
def test_environment_and_file_say_how_long_the_worker_waits_for_sqlite(tmp_path, said, written, waits):
    (tmp_path / "local.env").write_text(written)
    environment = {name: value for name, value in os.environ.items() if name != "SQLITE_BUSY_SECONDS"}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/worker.sqlite3",
        "ENV_FILE": str(tmp_path / "local.env"),
        "DEBUG": "true",
        "SECRET_KEY": "s" * 50,
        "FIELD_KEYS": "f" * 40,
        "SEARCH_KEYS": "h" * 40,
        **said,
    }

    ran = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.stdout.strip().splitlines()[-1:] == [str(waits)], ran.stderr
