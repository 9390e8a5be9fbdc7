"""What `make run` does before it serves."""

import socket
import stat
from pathlib import Path

import run


def test_a_taken_port_is_said_with_what_to_set():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        problem = run.port_problem("127.0.0.1", str(port))

    assert problem is not None
    assert f"Port {port} is taken" in problem
    assert "PORT=" in problem


def test_a_free_port_is_no_problem():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert run.port_problem("127.0.0.1", str(port)) is None


def test_a_port_that_is_none_is_said():
    assert "not a port" in str(run.port_problem("127.0.0.1", "http"))
    assert "not a port" in str(run.port_problem("127.0.0.1", "70000"))


def test_the_secrets_are_made_once_for_the_owner_alone(tmp_path: Path):
    path = tmp_path / "var" / "local.env"

    run.write_local_env(path)
    first = path.read_text()
    run.write_local_env(path)

    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    values = dict(line.split("=", 1) for line in first.splitlines())
    assert {len(values[name]) >= 32 for name in run.LOCAL_SECRETS} == {True}
    assert len({values[name] for name in run.LOCAL_SECRETS}) == 3


def test_what_the_owner_wrote_into_the_file_stays(tmp_path: Path):
    path = tmp_path / "local.env"
    path.write_text("LOG_JSON=true\nFIELD_KEYS=the key of another machine, restored from its copy")

    run.write_local_env(path)

    lines = path.read_text().splitlines()
    assert "LOG_JSON=true" in lines
    assert "FIELD_KEYS=the key of another machine, restored from its copy" in lines
    assert sum(line.startswith("SECRET_KEY=") for line in lines) == 1
