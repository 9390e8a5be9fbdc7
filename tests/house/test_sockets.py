"""The tests' own guard: nothing leaves this machine."""

import socket

import pytest


def test_a_connection_to_another_machine_is_refused():
    with socket.socket() as client, pytest.raises(RuntimeError, match="only loopback is open"):
        client.connect(("192.0.2.1", 80))


def test_a_connection_to_loopback_is_let_through():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()

        client.connect(server.getsockname())

        assert client.getpeername() == server.getsockname()
