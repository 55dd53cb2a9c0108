"""Slow and endless requests, over real connections to the real server."""

import asyncio
import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from lastschrift.web.connection.deadline import HEAD_BYTES_MAX, KEEP_ALIVE_S, Patience, Sweeper
from lastschrift.web.connection.express import with_patience
from lastschrift.web.http import AsgiSend
from tests.serving import RunningServer, running_sandbox

TIMEOUT_S = 0.5
CUT_BY_S = TIMEOUT_S * 1.6 + 0.3
"""A sweep is a quarter of the timeout, one more is waited for, and the machine may be busy."""

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
GET_LONG = b"GET /openapi/ HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD_PIECES = [b"GET /healthz HTTP/1.1\r\n", *[b"X-Filling: x\r\n"] * 100]
POST_HEAD = (
    b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox(LASTSCHRIFT_REQUEST_TIMEOUT_S=str(TIMEOUT_S)) as running:
        yield running


@pytest.fixture
def connection(server: RunningServer) -> Iterator[socket.socket]:
    with connect(server) as opened:
        yield opened


def connect(server: RunningServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def connect_as_if_far_away(server: RunningServer) -> socket.socket:
    """Return a connection whose system takes in no more than is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", server.port))
    return connection


def answer_on(connection: socket.socket) -> bytes:
    """Return one whole answer."""
    answer = b""
    while (head_end := answer.find(b"\r\n\r\n")) < 0:
        answer += connection.recv(65_536)
    length = re.search(rb"(?i)content-length: (\d+)", answer)
    assert length is not None
    while len(answer) < head_end + 4 + int(length[1]):
        answer += connection.recv(65_536)
    return answer


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the server hangs up."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_slowly(connection: socket.socket, length: int) -> bytes:
    """Return the next bytes; those of a whole answer in a third of the time that there is."""
    time.sleep(TIMEOUT_S / 3)
    read = b""
    while len(read) < length and (part := connection.recv(length - len(read))):
        read += part
    return read


def seconds_until_cut(connection: socket.socket, *pieces: bytes) -> float:
    """Send pieces, one every tenth of a second, and return how long the server bore with it."""
    started = time.monotonic()
    connection.settimeout(0.1)
    for piece in (*pieces, *[b""] * 100):
        try:
            if piece:
                connection.sendall(piece)
            if connection.recv(1) == b"":
                break
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    return time.monotonic() - started


def test_a_connection_that_stays_silent_is_cut(connection: socket.socket) -> None:
    assert TIMEOUT_S <= seconds_until_cut(connection) <= CUT_BY_S


def test_a_head_that_trickles_in_is_cut(connection: socket.socket) -> None:
    assert TIMEOUT_S <= seconds_until_cut(connection, *HEAD_PIECES) <= CUT_BY_S


def test_a_body_that_trickles_in_is_cut(connection: socket.socket) -> None:
    trickle = [POST_HEAD, *[b"{"] * 100]
    assert TIMEOUT_S <= seconds_until_cut(connection, *trickle) <= CUT_BY_S


def test_blank_lines_before_a_request_win_no_time(connection: socket.socket) -> None:
    assert TIMEOUT_S <= seconds_until_cut(connection, *[b"\r\n"] * 100) <= CUT_BY_S


def test_a_connection_may_rest_between_requests(connection: socket.socket) -> None:
    connection.sendall(GET)
    assert answer_on(connection).startswith(b"HTTP/1.1 200")
    connection.settimeout(CUT_BY_S)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(10)
    connection.sendall(GET)
    assert answer_on(connection).startswith(b"HTTP/1.1 200")


def test_a_second_request_that_trickles_in_is_cut(connection: socket.socket) -> None:
    connection.sendall(GET)
    assert answer_on(connection).startswith(b"HTTP/1.1 200")
    assert TIMEOUT_S <= seconds_until_cut(connection, *HEAD_PIECES) <= CUT_BY_S


def test_a_body_that_goes_on_after_the_answer_is_cut(connection: socket.socket) -> None:
    connection.sendall(POST_HEAD.replace(b"1000", b"99999999"))
    assert answer_on(connection).startswith(b"HTTP/1.1 413")
    assert seconds_until_cut(connection, *[b"{" * 1000] * 100) <= CUT_BY_S


def test_answers_that_nobody_takes_are_cut_and_nothing_failed(server: RunningServer) -> None:
    with connect_as_if_far_away(server) as connection:
        connection.sendall(GET_LONG * 8)
        started = time.monotonic()
        end = select.poll()
        end.register(connection, select.POLLRDHUP)
        assert end.poll(10_000)
        assert TIMEOUT_S <= time.monotonic() - started <= CUT_BY_S
    assert '"level":"error"' not in server.log.read_text()


def test_answers_that_are_taken_slowly_are_not_cut(server: RunningServer) -> None:
    with connect_as_if_far_away(server) as connection:
        connection.sendall(GET_LONG)
        length = len(answer_on(connection))
        started = time.monotonic()
        connection.sendall(GET_LONG * 8)
        for _ in range(8):
            assert len(read_slowly(connection, length)) == length
        assert time.monotonic() - started > CUT_BY_S


def test_an_answer_that_ends_its_connection_and_that_nobody_takes_is_cut() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(seconds_until_an_unread_end_is_cut())
    assert TIMEOUT_S <= seconds <= CUT_BY_S


async def seconds_until_an_unread_end_is_cut() -> float:
    """Serve somebody who asks for a long answer, and for the end behind it, and takes neither."""

    async def answer_at_length(_scope: object, _receive: object, send: AsgiSend) -> None:
        headers = [(b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(20_000_000)})

    patience, state, ended = Patience.of(TIMEOUT_S), ServerState(), asyncio.Event()

    class Protocol(with_patience(patience)):  # type: ignore[misc]  # made as the server makes it
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            ended.set()

    configuration = uvicorn.Config(answer_at_length, http=Protocol, log_config=None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(configuration, state, {}), "127.0.0.1", 0)
    sweeper = Sweeper(state.connections, patience.sweep_s)
    started = time.monotonic()
    with socket.create_connection(server.sockets[0].getsockname()) as connection:
        connection.sendall(GET)
        await ended.wait()
    sweeper.stop()
    server.close()
    return time.monotonic() - started


def test_requests_sent_at_once_are_all_answered_in_order(connection: socket.socket) -> None:
    connection.sendall(GET * 20 + b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answers = received(connection)
    assert answers.count(b"HTTP/1.1 200") == 21
    assert answers.endswith(b'{"status":"ready"}')


def test_a_request_in_many_pieces_is_answered(connection: socket.socket) -> None:
    for byte in GET:
        connection.sendall(bytes([byte]))
    assert answer_on(connection).startswith(b"HTTP/1.1 200")


def test_a_head_may_be_as_long_as_the_limit(connection: socket.socket) -> None:
    rest = b"GET /healthz HTTP/1.1\r\nX: \r\nConnection: close\r\n\r\n"
    filling = b"x" * (HEAD_BYTES_MAX - len(rest))
    connection.sendall(rest.replace(b"X: ", b"X: " + filling))
    assert received(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("bytes_sent", [HEAD_BYTES_MAX + 20_000, 1_000_000])
def test_a_longer_head_is_refused(connection: socket.socket, bytes_sent: int) -> None:
    connection.settimeout(0.1)
    sent, answer = b"GET /healthz HTTP/1.1\r\nX: " + b"x" * bytes_sent, b""
    while not answer:
        try:
            sent = sent[connection.send(sent) :] if sent else sent
            if not sent:
                answer = connection.recv(65_536)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 431")


def test_a_head_of_endless_headers_is_refused(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\n" + b"X-Filling: x\r\n" * 6_300)
    assert received(connection).startswith(b"HTTP/1.1 431")


def test_hundreds_of_slow_connections_delay_nobody(server: RunningServer) -> None:
    with ExitStack() as slow:
        for _ in range(300):
            slow.enter_context(connect(server)).sendall(POST_HEAD)
        with httpx2.Client(base_url=server.url) as quick:
            latencies = []
            for _ in range(50):
                started = time.perf_counter()
                assert quick.get("/readyz").status_code == 200
                latencies.append(time.perf_counter() - started)
    assert sorted(latencies)[25] < 0.05


def test_no_request_is_cut_before_its_time() -> None:
    patience = Patience.of(20)
    # The sweep that counts first may come right after the first byte.
    assert (patience.request - 1) * patience.sweep_s >= 20
    assert patience.request * patience.sweep_s <= 22
    assert patience.next_request * patience.sweep_s >= KEEP_ALIVE_S


@pytest.mark.parametrize("timeout_s", [0.01, 0.5, 1, 20, 3600])
def test_every_timeout_that_may_be_set_is_kept(timeout_s: float) -> None:
    patience = Patience.of(timeout_s)
    assert timeout_s <= (patience.request - 1) * patience.sweep_s
    assert patience.request * patience.sweep_s <= timeout_s * 1.5 + 2
    assert patience.next_request >= patience.request
