"""How fast connections are called: a token bucket each, shared by all workers, and a cap of calls in flight.

The drain asks `admit` in its own thread before the calls of a turn are announced,
and tells `heard` every result. A connection without a limit costs a look into a
dictionary.
"""

from apps.runs.rate.gate import admit, heard, reset

__all__ = ["admit", "heard", "reset"]
