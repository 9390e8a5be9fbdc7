"""Find the machine's Chromium, or install Debian's where that is allowed."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/usr/bin/chromium")
# A browser under test has no business outside this machine, and asks for none.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """Return the path of a Chromium on this machine."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> str:
    """Install Chromium with apt-get and return "", or return why that can't be done."""
    if shutil.which("apt-get") is None:
        return "there is no Chromium, and no apt-get to install one with"
    if os.geteuid() != 0:
        return "there is no Chromium, and only root may install one (apt-get install chromium)"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        result = subprocess.run(
            ["apt-get", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            return f"apt-get {command[0]} failed: {result.stderr.strip()[-300:]}"
    return "" if find() else "apt-get installed chromium, but none is found"
