"""Hostile input on the wire, which no HTTP client would send: the real server, and bytes."""

from collections.abc import Iterator
from urllib.parse import unquote

import httpx2
import pytest

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.domain.access import Scope
from tests.serving import RunningServer, running_sandbox
from tests.web.descriptions import APIS, OPERATIONS, check_answer
from tests.web.hostile.heads import Header
from tests.web.hostile.http_messages import NO_HTTP, TWO_READINGS
from tests.web.hostile.targets import nowhere
from tests.web.hostile.wire import exchange, request

TIMEOUT_S = 1
ANSWERED_WITHIN_S = 0.1
TIMES_TRIED = 3

PATHS = sorted({operation.path for operation in OPERATIONS})
LITERAL_PATHS = [path for path in PATHS if "{" not in path]
METHODS = """DELETE GET HEAD OPTIONS PATCH POST PUT TRACE PROPFIND MKCOL LOCK PURGE SEARCH SUBSCRIBE
    M-SEARCH REPORT COPY LINK""".split()
CUSTOMERS = b"/api/v2/Payment/Customers"
BODY = b'{"contact": {"surname": "Doe"}}'


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_sandbox(LASTSCHRIFT_REQUEST_TIMEOUT_S=str(TIMEOUT_S)) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: RunningServer) -> Header:
    """Return a header that lets do everything."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
        "scope": " ".join(Scope),
    }
    answer = httpx2.post(f"{server.url}/oauth/token", data=asked)
    return b"Authorization", f"Bearer {answer.json()['access_token']}".encode()


def customers(server: RunningServer, token: Header) -> int:
    """Return how many customers there are."""
    count: int = exchange(server.port, request(b"GET", CUSTOMERS, token)).answer().json()["count"]
    return count


# --- what is no HTTP ------------------------------------------------------------------------------


@pytest.mark.parametrize("what", NO_HTTP)
def test_what_is_no_http_is_refused_and_the_connection_ends(
    what: str, server: RunningServer
) -> None:
    times = []
    for _ in range(TIMES_TRIED):
        received = exchange(server.port, NO_HTTP[what], has_end=True)
        assert {answer.status_code for answer in received.answers()} <= {400, 431}
        times.append(received.seconds)
    assert min(times) < ANSWERED_WITHIN_S


@pytest.mark.parametrize("what", TWO_READINGS)
def test_what_can_be_read_in_two_ways_is_refused_once(what: str, server: RunningServer) -> None:
    received = exchange(server.port, TWO_READINGS[what])
    assert [answer.status_code for answer in received.answers()] == [400]


def test_who_sends_nothing_and_leaves_is_let_go(server: RunningServer) -> None:
    assert exchange(server.port, has_end=True).data == b""


# --- methods --------------------------------------------------------------------------------------


def known_methods(path: str) -> set[str]:
    """Return the methods that the routes know at a path."""
    routes = [route for api in APIS.values() for route in api.routes if route.path == path]
    known = {route.method for route in routes}
    return known | {"HEAD"} if "GET" in known else known


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", LITERAL_PATHS)
def test_a_method_that_is_not_known_here_is_told_which_are(
    path: str, method: str, server: RunningServer, token: Header
) -> None:
    answer = exchange(server.port, request(method.encode(), path.encode(), token)).answer(method)
    if method in known_methods(path):
        assert answer.status_code != 405
    else:
        assert answer.status_code == 405
        assert answer.headers["allow"] == ", ".join(sorted(known_methods(path)))
        if method != "HEAD":  # which has no body to look at
            check_answer(method, path, answer)


# --- targets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LITERAL_PATHS)
def test_a_path_near_another_leads_nowhere(path: str, server: RunningServer, token: Header) -> None:
    targets = [(what, target) for what, target in nowhere(path) if target != path.encode()]
    for what, target in targets:
        answer = exchange(server.port, request(b"GET", target, token)).answer()
        assert answer.status_code in {404, 405}, what
        where = unquote(target.decode())
        if any(where.lower().startswith(api.prefix) for api in APIS.values()):
            check_answer("GET", where, answer)
        else:
            assert answer.json()["error"] == "not found", what


@pytest.mark.parametrize(
    "target",
    [
        b"/%61pi/v2/Payment/Customers",
        b"/api%2Fv2%2FPayment%2FCustomers",
        b"http://127.0.0.1/api/v2/Payment/Customers",
        b"/api/v2/Payment/Customers#part",
        b"/API/V2/PAYMENT/CUSTOMERS",
    ],
)
def test_the_same_path_written_otherwise_is_the_same(
    target: bytes, server: RunningServer, token: Header
) -> None:
    answer = exchange(server.port, request(b"GET", target, token)).answer()
    assert answer.status_code == 200
    check_answer("GET", CUSTOMERS.decode(), answer)


# --- bodies that come otherwise than told ---------------------------------------------------------


@pytest.mark.parametrize("cut_after", [0, 1, len(BODY) - 1])
def test_a_body_that_ends_early_is_no_request(
    cut_after: int, server: RunningServer, token: Header
) -> None:
    before = customers(server, token)
    length = b"Content-Length", b"%d" % len(BODY)
    whole = request(b"POST", CUSTOMERS, token, length, body=BODY[:cut_after])
    assert exchange(server.port, whole, has_end=True).data == b""
    assert customers(server, token) == before


def test_a_body_that_does_not_come_in_time_is_cut_and_kept_nowhere(
    server: RunningServer, token: Header
) -> None:
    before = customers(server, token)
    length = b"Content-Length", b"%d" % len(BODY)
    received = exchange(server.port, request(b"POST", CUSTOMERS, token, length, body=BODY[:-1]))
    assert received.data == b""
    assert TIMEOUT_S <= received.seconds < 3 * TIMEOUT_S
    assert customers(server, token) == before


def test_a_head_that_does_not_come_in_time_is_cut(server: RunningServer) -> None:
    received = exchange(server.port, b"GET /healthz HTTP/1.1\r\nHost:")
    assert received.data == b""
    assert TIMEOUT_S <= received.seconds < 3 * TIMEOUT_S


def test_a_body_longer_than_told_is_not_read_further(server: RunningServer, token: Header) -> None:
    before = customers(server, token)
    length = b"Content-Length", b"%d" % len(BODY)
    received = exchange(server.port, request(b"POST", CUSTOMERS, token, length, body=BODY * 2))
    assert received.answers()[0].status_code in {200, 400}
    assert customers(server, token) <= before + 1


def test_a_body_that_would_be_too_long_is_refused_before_it_comes(
    server: RunningServer, token: Header
) -> None:
    length = b"Content-Length", b"10000000"
    for expectation in ([], [(b"Expect", b"100-continue")]):
        head = request(b"POST", CUSTOMERS, token, length, *expectation)
        answer = exchange(server.port, head).answer()
        assert answer.status_code == 413
        check_answer("POST", CUSTOMERS.decode(), answer)


def test_a_body_that_was_waited_for_is_taken(server: RunningServer, token: Header) -> None:
    headers = [token, (b"Content-Length", b"%d" % len(BODY)), (b"Expect", b"100-continue")]
    head = request(b"POST", CUSTOMERS, *headers)
    go_on, answer = exchange(server.port, head, BODY).answers()
    assert go_on.status_code == 100
    assert answer.status_code == 200


def test_a_body_in_chunks_of_one_byte_is_taken(server: RunningServer, token: Header) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    head = request(b"POST", CUSTOMERS, token, (b"Transfer-Encoding", b"chunked"))
    assert exchange(server.port, head + chunks).answer().status_code == 200


def test_a_bad_request_after_good_ones_is_refused(server: RunningServer) -> None:
    good = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    received = exchange(server.port, good * 3 + b"\x00\x01\r\n\r\n")
    assert received.answers()[-1].status_code == 400


def test_after_all_this_the_server_is_well(server: RunningServer) -> None:
    for data in [*NO_HTTP.values(), *TWO_READINGS.values()]:
        exchange(server.port, data, has_end=True)
    assert exchange(server.port, request(b"GET", b"/readyz")).answer().status_code == 200
    assert '"level":"error"' not in server.log.read_text()
