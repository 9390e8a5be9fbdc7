"""docs/code.md tells the prelude and the limits that there are."""

import pytest

from apps.language.code.prelude import LIMITS, MODULES, MODULES_AT_HAND, PRELUDE, REFUSED
from config.env import BASE_DIR

TEXT = (BASE_DIR / "docs" / "code.md").read_text()


@pytest.mark.parametrize("entry", PRELUDE, ids=lambda entry: entry.name)
def test_every_function_is_documented(entry):
    assert f"| `{entry.signature}` | {entry.description} | `{entry.example}`" in TEXT


@pytest.mark.parametrize("row", [*LIMITS, *REFUSED], ids=lambda row: row[0])
def test_every_limit_and_refusal_is_documented(row):
    assert f"| {row[0]} | {row[1]} |" in TEXT


@pytest.mark.parametrize("module", [*MODULES, *MODULES_AT_HAND])
def test_every_module_is_documented(module):
    assert f"`{module}`" in TEXT
