"""The folder of payloads that this project did not write."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3].parent / "shared" / "reference" / "samples" / "stripe"
VERSIONS = ("2020-08-27", "2026-08-26")


def load(name: str) -> Any:
    """Return one file's content, or skip the test where the folder is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the reference samples are not here: {path} is missing")
    return json.loads(path.read_bytes())
