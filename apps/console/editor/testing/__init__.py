"""Testing a draft: dry in this process, real by the worker, and the test cases that are kept with it."""
