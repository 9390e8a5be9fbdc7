"""The yardstick: the same product in the naive way, one django-q2 task per run and the ORM throughout.

An event is received by a Django view that writes its rows with the ORM and
queues one task for each run, by django-q2's defaults; the task takes the run,
executes it, and records each step by a statement of its own.
"""
