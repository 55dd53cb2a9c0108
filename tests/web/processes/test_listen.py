"""Taking a socket, and telling in one line why it can't be had."""

import re
import socket

import pytest

from lastschrift.web.processes.listen import CannotListen, is_loopback, listen


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example"])
def test_everything_else_is_reached_from_outside(host: str) -> None:
    assert not is_loopback(host)


def test_port_0_takes_any_free_port() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        message = (
            f"port {port} on 127.0.0.1 is in use: "
            "choose another one with --port N (make run PORT=8081)"
        )
        with pytest.raises(CannotListen, match=f"^{re.escape(message)}$"):
            listen("127.0.0.1", port)


def test_a_port_is_free_again_right_after_a_server_ended() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()  # The server hangs up first: the port lingers.
    listen("127.0.0.1", port).close()


def test_the_system_takes_over_no_more_than_a_part_of_a_long_answer() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0] as accepted:
            accepted.settimeout(0)
            taken = accepted.send(bytes(20_000_000))
    assert taken < 1_000_000


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(CannotListen, match=r"^can't listen on 192\.0\.2\.1, port 8080: "):
        listen("192.0.2.1", 8080)


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(CannotListen, match="is no address of this machine"):
        listen("no-such-host.invalid", 8080)
