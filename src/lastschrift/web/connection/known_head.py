r"""A head that came before on its connection: it says the same again, and is not parsed again.

A client that keeps its connection sends the same head with every request; only the length of the
body differs. So what the parser made of it is kept with the connection, and so is what is made of
the headers later (`Request.of_head`). Bytes that are the same to the last one, but for the digits
of the length, mean the same; all else is left to the parser.
Connections that send the same head have it in common (`in_common`), but for what tells them apart.

>>> head = b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: %d\r\n\r\n"
>>> scope = {"method": "POST", "raw_path": b"/a"}
>>> scope["headers"] = [(b"host", b"b"), (b"content-length", b"2")]
>>> known = KnownHead.of(head % 2 + b"{}", scope)
>>> usual = known.usual_scope({**scope, "client": ("127.0.0.1", 1)})
>>> again, body = known.read(head % 4 + b"null", usual)
>>> again["headers"], body
([(b'host', b'b'), (b'content-length', b'4')], b'null')
>>> again["client"]
('127.0.0.1', 1)
>>> known.read(head % 4 + b"nul", usual) is None
True
"""

from typing import Final
from weakref import WeakValueDictionary

from lastschrift.web.http import OF_HEAD, AsgiScope, Header

_HEAD_BYTES_MAX: Final = 2_048
"""A longer head is not kept: ten thousand connections may each have one."""

_DIGITS_MAX: Final = 5
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length"
_LENGTH_LINE: Final = b"\r\n%b:" % _LENGTH

_OF_CONNECTION: Final = ("client", "server", "scheme")
"""What of a scope no head tells: it differs from connection to connection."""

_IN_COMMON: Final[WeakValueDictionary[tuple[bytes, bytes], "KnownHead"]] = WeakValueDictionary()
"""What connections know, by what stands before and behind the digits of the length."""


class KnownHead:
    """What the parser made of a head, and the head around the digits of its length.

    ``text`` is the head as it came, its end included.
    """

    __slots__ = (
        "__weakref__",
        "_after",
        "_before",
        "_data_bytes",
        "_place",
        "_scope",
        "text",
    )

    def __init__(
        self, text: bytes, digits: slice, data_bytes: int, scope: AsgiScope, place: int
    ) -> None:
        self.text = text
        self._before = text[: digits.start]
        self._after = text[digits.stop :]
        self._data_bytes = data_bytes
        self._scope = {name: told for name, told in scope.items() if name not in _OF_CONNECTION}
        self._scope[OF_HEAD] = {}
        self._place = place

    @classmethod
    def of(cls, data: bytes, scope: AsgiScope) -> "KnownHead | None":
        """Return what is known by a request, if all of it came at once and nothing with it.

        ``scope`` is what the parser made of ``data``. A head is not known that has a line which is
        no header of its own there: one that goes on, or was left out.
        """
        head_bytes = data.find(_END, 0, _HEAD_BYTES_MAX) + len(_END)
        headers: list[Header] = scope["headers"]
        lengths = [place for place, (name, _) in enumerate(headers) if name == _LENGTH]
        head = data[:head_bytes]
        line = head.lower().find(_LENGTH_LINE)
        if len(lengths) != 1 or line < 0 or head.count(b"\r\n") != len(headers) + 2:
            return None
        if not head.startswith(b"%b %b" % (scope["method"].encode(), scope["raw_path"])):
            return None
        digits = headers[lengths[0]][1]
        start = head.find(digits, line + len(_LENGTH_LINE))
        known = cls(head, slice(start, start + len(digits)), len(data), scope, lengths[0])
        return known if known._length(data) else None

    def in_common(self) -> "KnownHead":
        """Return what is known by some connection already, if this is no other head.

        What no connection keeps any more is gone.
        """
        return _IN_COMMON.setdefault((self._before, self._after), self)

    def usual_scope(self, scope: AsgiScope) -> AsgiScope:
        """Return the scope of requests that are as long as the first one with this head.

        ``scope`` is that of any request on the same connection.
        """
        return {**self._scope, **{name: scope[name] for name in _OF_CONNECTION if name in scope}}

    def is_of(self, data: bytes) -> bool:
        """Whether ``data`` is a request with this head, whole and alone."""
        if len(data) == self._data_bytes and data.startswith(self.text):
            return True
        return self._length(data) > 0

    def read(self, data: bytes, usual: AsgiScope) -> tuple[AsgiScope, bytes] | None:
        """Return scope and body, if ``data`` is a request with this head, whole and alone.

        ``usual`` is the connection's `usual_scope`; it is the scope of all requests of that length,
        so nobody may change it.
        """
        if len(data) == self._data_bytes and data.startswith(self.text):
            return usual, data[len(self.text) :]  # as it mostly is, and sooner said
        length = self._length(data)
        if not length:
            return None
        end = len(data) - length - len(self._after)
        headers: list[Header] = usual["headers"].copy()
        headers[self._place] = _LENGTH, data[len(self._before) : end]
        return {**usual, "headers": headers}, data[-length:]

    def _length(self, data: bytes) -> int:
        """Return the length of the body, if it and this head are all there is; else 0."""
        if not data.startswith(self._before):
            return 0
        start = len(self._before)
        end = data.find(b"\r", start, start + _DIGITS_MAX + 1)
        digits = data[start:end]
        if end < 0 or not digits.isdigit() or not data.startswith(self._after, end):
            return 0
        length = int(digits)
        return length if end + len(self._after) + length == len(data) else 0
