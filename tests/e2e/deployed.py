"""The product's settings, with a folder of the test's own for static files.

Two test runs, and a running installation of this checkout, would otherwise
write the same files.
"""

import os
from pathlib import Path

from config.settings import *  # noqa: F403 - all of them.

STATIC_ROOT = Path(os.environ["TEST_STATIC_ROOT"])
