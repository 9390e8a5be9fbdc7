#!/usr/bin/env python
"""Run an operator's command."""

import os
import sys

WORKER_BUSY_SECONDS = 5.0


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["worker"]:
        # A worker that waits long for SQLite's lock would lose its leases.
        from config.env import env

        env.scheme["SQLITE_BUSY_SECONDS"] = (float, WORKER_BUSY_SECONDS)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
