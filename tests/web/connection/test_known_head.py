"""A head that came before: it is read as the parser reads it, or left to the parser."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from typing import Any

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastschrift.web.connection.known_head import KnownHead
from lastschrift.web.http import AsgiScope, Header, Request
from tests.web.connection.lines import FickleDoor, line, post, turns

# --- what is known says what the parser says ------------------------------------------------------


class Parsed:
    """What the parser makes of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.ended = 0
        self.url = self.body = b""
        self.headers: list[Header] = []
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.method = parser.get_method()

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended += 1

    @property
    def scope(self) -> AsgiScope:
        return {"method": self.method.decode(), "raw_path": self.url, "headers": self.headers}


LINES = (
    b"Host: a",
    b"Authorization: Bearer x",
    b"content-length: 3",
    b"Content-Length:3",
    b"Content-Length:  3 ",
    b"CONTENT-LENGTH: 03",
    b"X: Content-Length: 3",
    b"X-Content-Length: 3",
    b" folded",
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"X:",
)
HEADS = st.lists(st.sampled_from(LINES), max_size=5).map(
    lambda lines: b"\r\n".join([b"POST /a HTTP/1.1", *lines, b"", b""])
)
BODIES = st.sampled_from([b"", b"a", b"abc", b"abcd", b"\r\n\r\n", b"x" * 12])
CHANGES = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([b"", b"0", b"1", b" ", b"\r\n", b"-", b"a"])),
    max_size=2,
)


def changed(data: bytes, changes: Sequence[tuple[int, bytes]]) -> bytes:
    for place, instead in changes:
        data = data[:place] + instead + data[place + 1 :]
    return data


def request_of(length: int, body: bytes) -> bytes:
    return b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nX: y\r\n\r\n%b" % (length, body)


@settings(max_examples=2_000)
@given(head=HEADS, body=BODIES, other=BODIES, changes=CHANGES)
def test_whatever_is_read_the_parser_reads_as_well(
    head: bytes, body: bytes, other: bytes, changes: list[tuple[int, bytes]]
) -> None:
    try:
        first = Parsed(head + body)
    except httptools.HttpParserError:
        return
    known = KnownHead.of(head + body, first.scope) if first.ended else None
    again = changed(head, changes) + other
    read = None if known is None else known.read(again, known.usual_scope(first.scope))
    assert known is None or known.is_of(again) is (read is not None)
    if read is not None:
        scope, read_body = read
        parsed = Parsed(again)
        told = {name: scope[name] for name in parsed.scope}
        assert (parsed.ended, parsed.body, parsed.scope) == (1, read_body, told)


@given(first=st.binary(min_size=1, max_size=99), second=st.binary(min_size=1, max_size=99_999))
def test_a_head_is_known_whatever_follows_it(first: bytes, second: bytes) -> None:
    data = request_of(len(first), first)
    known = KnownHead.of(data, Parsed(data).scope)
    assert known is not None
    read = known.read(request_of(len(second), second), known.usual_scope({}))
    assert read is not None
    assert read[1] == second


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(request_of(3, b"ab"), id="a part"),
        pytest.param(request_of(3, b"abcd"), id="more"),
        pytest.param(request_of(3, b"abc") * 2, id="two"),
        pytest.param(request_of(3, b""), id="a head"),
        pytest.param(request_of(0, b""), id="no body"),
        pytest.param(request_of(3, b"abc").replace(b"X: y", b"X: z"), id="another header"),
        pytest.param(request_of(3, b"abc").replace(b"3", b"+3"), id="a sign"),
        pytest.param(request_of(3, b"abc").replace(b"3", b""), id="no length"),
        pytest.param(request_of(3, b"abc").replace(b": 3", b": \xd9\xa3"), id="other digits"),
        pytest.param(request_of(100_000, b"x" * 100_000), id="six digits"),
    ],
)
def test_all_else_is_left_to_the_parser(again: bytes) -> None:
    data = request_of(3, b"abc")
    known = KnownHead.of(data, Parsed(data).scope)
    assert known is not None
    assert known.read(again, known.usual_scope({})) is None


def test_a_long_head_is_not_kept() -> None:
    data = request_of(3, b"abc").replace(b"y", b"y" * 2_048)
    assert KnownHead.of(data, Parsed(data).scope) is None


# --- what connections have in common --------------------------------------------------------------


def known_of(data: bytes, **connection: str) -> KnownHead:
    known = KnownHead.of(data, {**Parsed(data).scope, **connection})
    assert known is not None
    return known


def test_connections_that_send_the_same_head_have_it_in_common() -> None:
    first = known_of(request_of(3, b"abc"), client="first").in_common()
    second = known_of(request_of(1, b"a"), client="second").in_common()
    assert second is first
    usual = first.usual_scope({"client": "second"})
    for length, body in ((1, b"b"), (3, b"def")):
        read = first.read(request_of(length, body), usual)
        assert read is not None
        assert (read[0]["client"], read[1]) == ("second", body)
        assert dict(read[0]["headers"])[b"content-length"] == b"%d" % length


def test_another_head_is_another() -> None:
    data = request_of(3, b"abc")
    first = known_of(data).in_common()
    assert known_of(data.replace(b"X: y", b"X: z")).in_common() is not first


def test_what_no_connection_keeps_any_more_is_forgotten() -> None:
    kept = weakref.ref(known_of(request_of(3, b"abc")).in_common())
    gc.collect()
    assert kept() is None


# --- what is made of a head -----------------------------------------------------------------------


async def _receive() -> AsgiScope:
    raise AssertionError("nobody reads the body")


def asking(scope: AsgiScope) -> Request:
    edge: Any = None
    return Request(scope, _receive, edge)


def test_what_is_made_of_a_head_is_made_once_for_all_who_send_it() -> None:
    known = known_of(request_of(3, b"abc")).in_common()
    scopes = [known.usual_scope({"client": client}) for client in ("first", "second")]
    longer = known.read(request_of(4, b"abcd"), scopes[0])
    assert longer is not None
    made = []

    def read(request: Request) -> bytes | None:
        made.append(request)
        return request.header(b"x")

    assert [asking(scope).of_head(read) for scope in (*scopes, longer[0])] == [b"y"] * 3
    assert len(made) == 1
    other = known_of(request_of(3, b"abc").replace(b"X: y", b"X: z")).in_common()
    assert asking(other.usual_scope({})).of_head(read) == b"z"


def test_what_was_refused_is_looked_at_again() -> None:
    scope = known_of(request_of(3, b"abc")).usual_scope({})
    refusals = iter([ValueError("first"), ValueError("second")])

    def refuse(_request: Request) -> None:
        raise next(refusals)

    for word in ("first", "second"):
        with pytest.raises(ValueError, match=word):
            asking(scope).of_head(refuse)


def test_a_head_that_is_not_known_is_looked_at_each_time() -> None:
    values = iter([b"1", b"2"])
    scope = Parsed(request_of(3, b"abc")).scope
    assert [asking(scope).of_head(lambda _: next(values)) for _ in range(2)] == [b"1", b"2"]


def test_a_request_that_is_printed_shows_nothing_of_what_it_carries() -> None:
    assert repr(asking({"headers": [(b"authorization", b"Bearer x")]})) == "Request(…)"


# --- on a connection ------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("requests", [0, 1, 3])
async def test_a_closed_connection_is_gone_without_the_collector(requests: int) -> None:
    gc.collect()
    gc.disable()
    try:
        async with line() as open_line:
            for _ in range(requests):
                await open_line.ask(b"abc")
            await turns()
            (connection,) = map(weakref.ref, open_line.connections)
            open_line.writer.close()
            await turns()
            assert not open_line.connections
            assert connection() is None
    finally:
        gc.enable()


@pytest.mark.anyio
async def test_the_same_head_is_parsed_once() -> None:
    async with line() as open_line:
        for length in (1, 5, 10, 100, 9_999, 3):
            await open_line.ask(b"x" * length)
        assert len(open_line.parsed) == 1


@pytest.mark.anyio
async def test_another_head_is_parsed_and_known_from_then_on() -> None:
    async with line() as open_line:
        for token in (b"X: 1", b"X: 1", b"X: 2", b"X: 2", b"X: 1"):
            await open_line.ask(b"{}", token)
        assert len(open_line.parsed) == 3


@pytest.mark.anyio
async def test_who_sends_another_head_each_time_is_not_listened_to_for_ever() -> None:
    async with line() as open_line:
        for number in range(20):
            await open_line.ask(b"{}", b"X: %d" % number)
        await open_line.ask(b"{}", b"X: 19")
        assert len(open_line.parsed) == 21


@pytest.mark.anyio
async def test_what_comes_in_pieces_or_before_its_turn_is_parsed() -> None:
    async with line() as open_line:
        await open_line.ask(b"first")
        await open_line.ask(b"in pieces", cuts=[10, 30])
        open_line.writer.write(post(b"known") + post(b"pipelined"))
        for body in (b"known", b"pipelined"):
            await open_line.answer(body)
        assert len(open_line.parsed) == 4
        await open_line.ask(b"known again")
        assert len(open_line.parsed) == 4


@pytest.mark.anyio
async def test_a_long_body_behind_a_known_head_is_read_whole() -> None:
    async with line() as open_line:
        for length in (1, 20_000, 65_536, 70_000, 99_999, 1):
            await open_line.ask(b"x" * length)


@pytest.mark.anyio
async def test_what_comes_while_a_known_request_is_served_is_served_after_it() -> None:
    async with line() as open_line:
        await open_line.ask(b"first")
        for body in (b"a", b"bc", b"def"):
            open_line.writer.write(post(body))
            await asyncio.sleep(0)
        for body in (b"a", b"bc", b"def"):
            await open_line.answer(body)


@pytest.mark.anyio
async def test_the_last_answer_says_that_it_is_the_last() -> None:
    async with line() as open_line:
        assert b"connection: close" not in await open_line.ask(b"first")
        open_line.ending.set()
        assert b"connection: close" in await open_line.ask(b"second")
        assert await open_line.reader.read() == b""
        assert len(open_line.parsed) == 1


@pytest.mark.anyio
async def test_a_known_request_is_refused_and_the_next_one_is_served() -> None:
    async with line(FickleDoor()) as open_line:
        for number in range(9):
            if number % 2:
                open_line.writer.write(post(b"{}"))
                assert b" 503 " in await open_line.answer(b"no")
            else:
                assert b" 200 " in await open_line.ask(b"%d" % number)
        assert len(open_line.parsed) == 1


@settings(max_examples=50)
@given(
    asked=st.lists(
        st.tuples(
            st.binary(min_size=1, max_size=20),
            st.sampled_from([(), (b"X: 1",), (b"X: 2",)]),
            st.lists(st.integers(1, 60), max_size=2, unique=True).map(sorted),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_everybody_is_answered_however_requests_come(
    asked: list[tuple[bytes, tuple[bytes, ...], list[int]]],
) -> None:
    async def ask() -> None:
        async with line() as open_line:
            for body, headers, cuts in asked:
                await open_line.ask(body, *headers, cuts=cuts)

    asyncio.run(ask())
