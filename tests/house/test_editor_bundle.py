"""The editor's script stays small: what every page loads, without the code editor."""

from tests.bench.editor import bundle

MOST = 120
"""Kilobytes, gzipped."""


def test_the_script_that_every_page_loads_is_small():
    sizes = bundle()

    assert 10 < sizes["main"] < MOST
    assert sizes["code editor (on demand)"] > 0
