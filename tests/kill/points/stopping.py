"""A point: where a file orders it, the process that comes there first stands still until told to go on.

The folder is named by KILL_POINTS. A file named like the point arms it; whoever
renames it to `<point>.hit` has come there, and writes its process id into it. It
goes on when `<point>.go` is there, unless it is killed.
"""

import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.005
LONGEST_SECONDS = 60.0


def reach(point: str, *, stands: bool = True) -> None:
    """Stand still here if that is ordered; or only tell who has come here first."""
    folder = Path(os.environ["KILL_POINTS"])
    hit = folder / f"{point}.hit"
    try:
        (folder / point).rename(folder / f"{point}.taken")
    except OSError:
        return
    (folder / f"{point}.taken").write_text(str(os.getpid()))
    (folder / f"{point}.taken").rename(hit)
    until = time.monotonic() + (LONGEST_SECONDS if stands else 0.0)
    while not (folder / f"{point}.go").exists() and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)


def lay(
    owner: Any,
    name: str,
    *,
    before: str = "",
    behind: str = "",
    when: Callable[[Any, tuple[Any, ...]], bool] | None = None,
    stands: bool = True,
) -> None:
    """Put points around a function of a module or class; `when` looks at its result and arguments.

    A point before it has no result, and is reached whenever the arguments fit.
    """
    plain = getattr(owner, name)

    @wraps(plain)
    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        if before and (when is None or when(None, arguments)):
            reach(before, stands=stands)
        result = plain(*arguments, **keywords)
        if behind and (when is None or when(result, arguments)):
            reach(behind)
        return result

    setattr(owner, name, wrapped)
