"""What is not let in, on the wire: refused in the API's own words, however the request came."""

import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from lastschrift.web.door.waiting import REST_S
from tests.serving import RunningServer, running_sandbox
from tests.web.hostile.heads import Header
from tests.web.hostile.wire import PATIENCE_S, Received, exchange, request

TOKEN = b"/oauth/token"
CONTAINERS = b"/api/v2/Payment/Containers"
METHODS = b"/pay/2024-1/payment-methods/sepa-direct-debit"
METADATA = b"/.well-known/oauth-authorization-server"
REQUEST_ID = b"cbgmhslmp1o9or9kh1p0"
BODY = b'{"private": {"iban": "DE89370400440532013000"}}'
PROBES = (b"/healthz", b"/readyz", b"/metrics")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox(program=(sys.executable, "-m", "tests.web.door.shut_door")) as running:
        yield running


def post(target: bytes, *headers: Header, body: bytes = BODY) -> bytes:
    return request(b"POST", target, (b"Content-Length", b"%d" % len(body)), *headers, body=body)


def kept_open(message: bytes) -> bytes:
    return message.replace(b"Connection: close\r\n", b"")


def asked_in_turn(port: int, *messages: bytes) -> list[httpx2.Response]:
    """Send each when the one before is answered, all on one connection."""
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        for message in messages:
            connection.sendall(message)
            head, _, body = said_until(connection, b"\r\n\r\n").partition(b"\r\n\r\n")
            length = int(re.findall(rb"\r\ncontent-length: (\d+)", head)[0])
            while len(body) < length:
                body += connection.recv(length - len(body))
            answers.append(Received(head + b"\r\n\r\n" + body, seconds=0).answer())
    return answers


def said_until(connection: socket.socket, end: bytes) -> bytes:
    said = b""
    while end not in said:
        said += connection.recv(65_536)
    return said


def said_on(connection: socket.socket) -> bytes:
    """Return what the server says before it hangs up."""
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


def without_ids(data: bytes) -> bytes:
    """Return an answer without what is its own: ids, date, how long to wait."""
    ids = rb'"[0-9a-f]{32}"|"[0-9a-v]{20}"|request-id: \w+|date: [^\r]+|retry-after: \d+'
    return re.sub(ids, b"", data)


# --- in whose words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "media_type", "word"),
    [
        (CONTAINERS, "application/json; charset=UTF-8", "ProductInternalException"),
        (CONTAINERS.lower(), "application/json; charset=UTF-8", "ProductInternalException"),
        (b"/api/nothing", "application/json; charset=UTF-8", "ProductInternalException"),
        (METHODS, "application/vnd.api+json", '"code":"1001"'),
        (METHODS + b"?page=1", "application/vnd.api+json", '"code":"1001"'),
        (TOKEN, "application/json; charset=UTF-8", "temporarily_unavailable"),
        (METADATA, "application/json; charset=UTF-8", "temporarily_unavailable"),
        (b"/", "application/json", "overloaded"),
        (b"/nothing", "application/json", "overloaded"),
    ],
)
def test_an_api_refuses_in_its_own_words(
    server: RunningServer, target: bytes, media_type: str, word: str
) -> None:
    answer = exchange(server.port, post(target)).answer()
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "no-store"
    assert "date" in answer.headers
    assert answer.json()
    assert word in answer.text


def test_pace_adopts_the_id_of_a_request_that_is_refused(server: RunningServer) -> None:
    answer = exchange(server.port, post(METHODS, (b"Request-Id", REQUEST_ID))).answer()
    assert answer.headers["request-id"] == REQUEST_ID.decode()


def test_a_browser_may_read_that_it_is_refused(server: RunningServer) -> None:
    answer = exchange(server.port, post(CONTAINERS)).answer()
    assert answer.headers["access-control-allow-origin"] == "*"


def test_head_is_refused_without_a_body(server: RunningServer) -> None:
    received = exchange(server.port, request(b"HEAD", CONTAINERS))
    assert received.answer("HEAD").status_code == 503
    assert received.data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("target", PROBES)
def test_probes_are_let_in(server: RunningServer, target: bytes) -> None:
    assert exchange(server.port, request(b"GET", target)).answer().status_code == 200


# --- however it comes -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", [CONTAINERS, METHODS, TOKEN, b"/nothing"])
def test_a_request_in_pieces_is_refused_as_one_that_comes_whole(
    server: RunningServer, target: bytes
) -> None:
    message = post(target)
    whole = exchange(server.port, message)
    pieces = exchange(server.port, message[:30], message[30:-5], message[-5:])
    assert without_ids(pieces.data) == without_ids(whole.data)


def test_a_body_in_chunks_is_refused(server: RunningServer) -> None:
    head = kept_open(request(b"POST", CONTAINERS, (b"Transfer-Encoding", b"chunked")))
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    answers = exchange(server.port, head, chunks, post(TOKEN)).answers()
    assert [answer.status_code for answer in answers] == [503, 503]


def test_who_waits_to_be_asked_for_the_body_is_refused_and_let_go(server: RunningServer) -> None:
    expecting = kept_open(post(CONTAINERS, (b"Expect", b"100-continue"), body=BODY))
    received = exchange(server.port, expecting.removesuffix(BODY))
    assert received.answer().status_code == 503
    assert received.answer().headers["connection"] == "close"


def test_a_body_that_is_too_long_is_not_waited_for(server: RunningServer) -> None:
    head = post(CONTAINERS, body=b"x" * 1_000_000).partition(b"x" * 1000)[0]
    received = exchange(server.port, head)
    assert received.answer().status_code == 503
    assert received.seconds < 5


def test_requests_that_do_not_wait_for_answers_get_them_in_order(server: RunningServer) -> None:
    probe, refused = kept_open(request(b"GET", b"/healthz")), kept_open(post(CONTAINERS))
    answers = exchange(server.port, probe + refused + probe, refused + post(METHODS)).answers()
    assert [answer.status_code for answer in answers] == [200, 503, 200, 503, 503]


def test_a_connection_goes_on_after_a_refusal(server: RunningServer) -> None:
    with httpx2.Client(base_url=server.url) as client:
        for _ in range(3):
            assert client.post("/oauth/token", data={"a": "b"}).status_code == 503
            assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("target", [CONTAINERS, METHODS, TOKEN])
def test_who_asks_again_is_refused_in_the_same_words(server: RunningServer, target: bytes) -> None:
    first, longer = kept_open(post(target)), kept_open(post(target, body=BODY + b" "))
    answers = asked_in_turn(server.port, first, first, longer, first)
    assert {answer.status_code for answer in answers} == {503}
    assert len({without_ids(answer.content) for answer in answers}) == 1
    assert all(1 <= int(answer.headers["retry-after"]) <= 30 for answer in answers)
    assert len({tuple(answer.headers) for answer in answers}) == 1


def test_who_asks_pace_again_gets_another_id(server: RunningServer) -> None:
    answers = asked_in_turn(server.port, *[kept_open(post(METHODS))] * 4)
    assert len({answer.headers["request-id"] for answer in answers}) == 4


def test_who_was_refused_may_ask_for_something_else(server: RunningServer) -> None:
    refused, probe = kept_open(post(CONTAINERS)), kept_open(request(b"GET", b"/healthz"))
    leaving = post(CONTAINERS)
    answers = asked_in_turn(server.port, refused, refused, probe, refused, leaving)
    assert [answer.status_code for answer in answers] == [503, 503, 200, 503, 503]
    assert "connection" not in answers[3].headers
    assert answers[4].headers["connection"] == "close"


def test_who_asks_again_before_the_answer_gets_all_in_order(server: RunningServer) -> None:
    refused = kept_open(post(CONTAINERS))
    answers = exchange(server.port, refused, refused, refused * 2, post(METHODS)).answers()
    assert [answer.status_code for answer in answers] == [503] * 5


def test_who_asks_again_at_once_rests(server: RunningServer) -> None:
    began_s = time.perf_counter()
    asked_in_turn(server.port, *[kept_open(post(CONTAINERS))] * 21)
    assert time.perf_counter() - began_s > 20 * REST_S * 0.8  # a timer may be a part too early


def test_a_client_of_http_1_0_is_refused_and_let_go(server: RunningServer) -> None:
    old = kept_open(post(CONTAINERS)).replace(b"HTTP/1.1", b"HTTP/1.0")
    received = exchange(server.port, old)
    assert received.answer().status_code == 503
    assert received.answer().headers["connection"] == "close"


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"POST /api HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_no_request_is_told_so(server: RunningServer, nonsense: bytes) -> None:
    assert exchange(server.port, nonsense).answer().status_code == 400


def test_who_leaves_at_once_leaves_nothing(server: RunningServer) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(post(CONTAINERS))
    assert exchange(server.port, post(CONTAINERS)).answer().status_code == 503


def test_refusals_are_counted_and_logged_once_for_all(server: RunningServer) -> None:
    for _ in range(10):
        exchange(server.port, post(CONTAINERS))
    figures = httpx2.get(f"{server.url}/metrics").text
    counted = re.search(
        r'^lastschrift_requests_turned_away_total{reason="crowded"} (\S+)$', figures, re.MULTILINE
    )
    assert counted is not None
    assert float(counted[1]) >= 10
    lines = [line for line in server.log.read_text().splitlines() if "turned away" in line]
    assert 1 <= len(lines) <= 10


# --- too many connections -------------------------------------------------------------------------


def test_on_a_connection_too_many_only_probes_are_let_in() -> None:
    with running_sandbox(LASTSCHRIFT_CONNECTIONS_MAX="2") as server:
        with ExitStack() as held:
            for _ in range(2):
                held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            refused = exchange(server.port, kept_open(post(METHODS))).answer()
            assert refused.status_code == 503
            assert refused.headers["connection"] == "close"
            assert exchange(server.port, request(b"GET", b"/readyz")).answer().status_code == 200
            assert 'reason="connections"} 1.0' in httpx2.get(f"{server.url}/metrics").text
        assert httpx2.get(f"{server.url}/openapi").status_code != 503


def test_connections_far_beyond_are_not_held() -> None:
    with running_sandbox(LASTSCHRIFT_CONNECTIONS_MAX="1") as server, ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as last:
            assert not said_on(last)
