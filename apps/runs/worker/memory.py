"""What the worker does before it forks, so that its processes share their memory and keep little more."""

import ctypes
import gc
from contextlib import suppress

M_ARENA_MAX = -8
"""glibc's number of the setting (malloc.h): how many arenas threads may open, else eight for each core."""

ARENAS = 2


def share_with_children() -> None:
    """Let the children have this process's memory without copies of their own, as far as it goes.

    A collection writes to every object that it looks at, which a forked child
    pays for with a copy of the page: what is here now is never looked at again.
    """
    with suppress(OSError, AttributeError):  # Another system has another allocator.
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
    gc.collect()
    gc.freeze()
