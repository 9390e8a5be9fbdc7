"""The limits of code steps. Times in seconds, sizes in bytes."""

from typing import Final

MAX_SOURCE: Final = 20_000
"""Characters of one program."""

MIN_SECONDS: Final = 0.1
MAX_SECONDS: Final = 5.0
DEFAULT_SECONDS: Final = 1.0

MAX_MEMORY: Final = 64 * 1024 * 1024
"""What a program and its data may take inside the sandbox."""

MAX_INPUT: Final = 4 * 1024 * 1024
MAX_OUTPUT: Final = 1024 * 1024
MAX_PRINTED: Final = 16 * 1024
MAX_DEPTH: Final = 200
"""Calls inside calls, and brackets inside brackets."""

MAX_PROCESSES: Final = 8
"""Programs that one process of ours runs at the same time; others wait."""

KILL_AFTER: Final = 0.5
"""How long after its time limit a program that does not stop by itself is killed."""

WAIT_FOR_PROCESS: Final = 15.0
"""How long a program waits for a free process of the sandbox."""

RUNS_PER_PROCESS: Final = 200
"""After so many programs a process of the sandbox is replaced, so that no memory piles up."""
