r"""A glance at a request: who asks for what, without making anything of it.

uvicorn makes a scope, a cycle and an event of each request, which is most of what a refusal would
cost. Here the same parser looks, for all connections one after the other, at what came: one whole
request, or something that is left to uvicorn.

>>> glances = Glances()
>>> request = b"GET /api/v2?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
>>> glances.at(request)["path"]
'/api/v2'
>>> glances.at(request[:-1]) is None
True
"""

import httptools

from lastschrift.web.http import AsgiScope, Header


class Glances:
    """Looks at requests, one after the other. For use on one thread."""

    def __init__(self) -> None:
        self._begin_anew()

    def at(self, data: bytes) -> AsgiScope | None:
        """Return of an ASGI scope what tells who asks for what; None if it is not one request.

        ``keep_alive`` says whether the client wants to ask again on the same connection.
        """
        seen = self._seen
        seen.forget()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._begin_anew()
            return None
        if seen.begun != 1 or not seen.is_whole or not seen.url.startswith(b"/"):
            self._begin_anew()
            return None
        scope = {
            "method": self._parser.get_method().decode("ascii"),
            "path": seen.url.partition(b"?")[0].decode("latin-1"),
            "raw_path": seen.url,
            "headers": seen.headers,
            "keep_alive": seen.keep_alive,
        }
        if not seen.keep_alive:  # The parser takes nothing after the last request of a connection.
            self._begin_anew()
        return scope

    def _begin_anew(self) -> None:
        self._seen = _Seen()
        self._seen.parser = self._parser = httptools.HttpRequestParser(self._seen)


class _Seen:
    """What the parser tells of a request."""

    parser: httptools.HttpRequestParser

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Be ready for the next one."""
        self.begun = 0
        self.is_whole = False
        self.keep_alive = False
        self.url = b""
        self.headers: list[Header] = []

    def on_message_begin(self) -> None:
        """Count the requests that have begun."""
        self.begun += 1

    def on_url(self, url: bytes) -> None:
        """Take a part of what is asked for."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Ask whether the client wants to go on; when the message is complete it is forgotten."""
        is_new = self.parser.get_http_version() == "1.1"
        self.keep_alive = is_new and self.parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """Take note that the body is there too."""
        self.is_whole = True
