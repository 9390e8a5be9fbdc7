"""A replay without sending anything: what it would do, and how that differs from the old run."""
