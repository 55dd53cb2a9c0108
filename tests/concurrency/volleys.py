"""Requests that reach servers at one moment, each on a connection of its own.

All but the bodies are sent first; then the bodies, which takes less than a millisecond. So no
request is answered before the last one is there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from itertools import cycle, islice
from urllib.parse import urlsplit

from tests.both_wires import Answered, Asked

TIMEOUT_S = 30


class Volley:
    """Connections to one server, or to several in turn."""

    def __init__(self, connections: Sequence[HTTPConnection]) -> None:
        self._connections = connections

    def fire(self, asked: Sequence[Asked]) -> list[Answered]:
        """Send all requests at one moment, and return their answers."""
        sent = list(zip(self._connections, asked, strict=False))
        assert len(sent) == len(asked)
        for connection, request in sent:
            _send_head(connection, request)
        for connection, request in sent:
            connection.send(request.body)
        return [_read(connection.getresponse()) for connection, _ in sent]


@contextmanager
def volley(urls: Sequence[str], size: int) -> Iterator[Volley]:
    """Open so many connections, spread over these servers, until the block ends."""
    hosts = islice(cycle(urlsplit(url).netloc for url in urls), size)
    connections = [HTTPConnection(host, timeout=TIMEOUT_S) for host in hosts]
    for connection in connections:
        connection.connect()
    yield Volley(connections)
    for connection in connections:
        connection.close()


def _send_head(connection: HTTPConnection, request: Asked) -> None:
    target = f"{request.path}?{request.query}" if request.query else request.path
    connection.putrequest(request.method, target, skip_accept_encoding=True)
    for name, value in {**request.headers, "Content-Length": str(len(request.body))}.items():
        connection.putheader(name, value)
    connection.endheaders()


def _read(response: HTTPResponse) -> Answered:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answered(response.status, headers, response.read())
