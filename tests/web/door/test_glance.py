"""What a glance sees of a request, and what it leaves to who looks closer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.web.door.glance import Glances

BODY = b'{"a": 1}'
POST = b"POST /api/v2/x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n" + BODY
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def test_a_whole_request_is_seen() -> None:
    assert Glances().at(POST) == {
        "method": "POST",
        "path": "/api/v2/x",
        "raw_path": b"/api/v2/x?y=1",
        "headers": [(b"host", b"a"), (b"content-length", b"8")],
        "keep_alive": True,
    }


def test_one_after_the_other_is_seen_each_for_itself() -> None:
    glances = Glances()
    seen = [glances.at(data) for data in (POST, GET, POST)]
    assert [scope and scope["path"] for scope in seen] == ["/api/v2/x", "/healthz", "/api/v2/x"]
    assert seen[0] == seen[2]


@pytest.mark.parametrize(
    ("data", "keep_alive"),
    [
        (GET.replace(b"Host: a", b"Connection: close"), False),
        (GET.replace(b"1.1", b"1.0"), False),
        (GET.replace(b"1.1", b"1.0").replace(b"Host: a", b"Connection: keep-alive"), False),
        (GET.replace(b"Host: a", b"Connection: Keep-Alive"), True),
    ],
)
def test_whether_the_client_wants_to_go_on_is_seen(data: bytes, *, keep_alive: bool) -> None:
    scope = Glances().at(data)
    assert scope is not None
    assert scope["keep_alive"] is keep_alive


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"nonsense\r\n\r\n",
        POST[:-1],
        POST + GET,
        GET + GET[:5],
        GET.replace(b"Host: a", b"Connection: Upgrade\r\nUpgrade: h2c"),
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        POST.replace(b"Content-Length: 8", b"Content-Length: 8\r\nContent-Length: 9"),
        POST.replace(b"Content-Length: 8", b"Content-Length: 8\r\nTransfer-Encoding: chunked"),
    ],
)
def test_what_is_not_one_whole_plain_request_is_left_to_who_looks_closer(data: bytes) -> None:
    glances = Glances()
    assert glances.at(data) is None
    assert glances.at(POST) is not None


@pytest.mark.parametrize(
    "last", [POST.replace(b"Host: a", b"Connection: close"), POST.replace(b"1.1", b"1.0")]
)
def test_after_the_last_request_of_a_connection_comes_another_connection_s(last: bytes) -> None:
    glances = Glances()
    for data in (last, POST, last, last, POST):
        assert glances.at(data) is not None


@given(data=st.binary(), place=st.integers(0, len(POST)))
def test_whatever_came_before_the_next_request_is_seen_as_it_is(data: bytes, place: int) -> None:
    glances = Glances()
    seen = glances.at(POST)
    glances.at(POST[:place] + data + POST[place:])
    assert glances.at(POST) == seen
