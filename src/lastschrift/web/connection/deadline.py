"""uvicorn's HTTP protocol, with an end to waiting: slow clients are cut, endless heads refused.

uvicorn waits for ever for a request that has begun, and for ever for an answer to be taken. Here
every connection counts down, one step a sweep, while something is awaited from its client; one
timer sweeps over all connections, so that a request on its way pays no more than a few attribute
writes, and hundreds of slow ones delay nobody.
"""

import asyncio
import contextlib
import math
import socket
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from lastschrift.web.security_headers import last_answer

HEAD_BYTES_MAX = 65_536
"""How long a request's head may be: its first line and its headers."""

KEEP_ALIVE_S = 75
"""How long a connection may rest between requests: longer than proxies keep theirs (60 s)."""

_SWEEP_S = 1.0
_SWEEPS_MIN = 4
_PIECE_BYTES = 16_384
NOT_AWAITED = 0
"""How many sweeps are left while nothing is awaited."""

_AND_DROP_THE_REST = struct.pack("ii", 1, 0)
"""SO_LINGER, for no time: the system keeps nothing of what was written and not taken."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many sweeps, one every ``sweep_s``, a client has to send a request, or the next one.

    It has as many for taking an answer as for sending a request.
    """

    sweep_s: float
    request: int
    next_request: int

    @classmethod
    def of(cls, request_timeout_s: float) -> "Patience":
        """Return the patience that cuts nobody before the time, and each soon after it."""
        sweep_s = min(_SWEEP_S, request_timeout_s / _SWEEPS_MIN)
        # The first sweep may come right after the first byte: one more than divides evenly.
        request = math.ceil(request_timeout_s / sweep_s) + 1
        return cls(sweep_s, request, max(request, math.ceil(KEEP_ALIVE_S / sweep_s) + 1))


class _UpgradeOffered(Exception):
    """A request offers to go on in another protocol; its body begins at ``head_end``."""

    def __init__(self, head_end: int) -> None:
        super().__init__(head_end)
        self.head_end = head_end


class DeadlineProtocol(HttpToolsProtocol):
    """One connection; `lastschrift.web.connection.express` makes the class for uvicorn of it.

    ``sweeps_left``: after how many sweeps the connection is cut; 0 while it is our turn to answer.
    ``sweeps_unread``: how many sweeps in a row have found an answer that the client does not take.
    """

    patience: Patience
    sweeps_left: int
    sweeps_unread: int
    head_bytes: int

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.sweeps_left = self.patience.request
        self.sweeps_unread = 0
        self.head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take what came; a long piece in shorter ones, so that a head is seen to grow."""
        if len(data) <= _PIECE_BYTES:
            self._take(data)
            return
        for start in range(0, len(data), _PIECE_BYTES):
            if self.transport.is_closing():
                return
            self._take(data[start : start + _PIECE_BYTES])

    def _take(self, data: bytes) -> None:
        try:
            HttpToolsProtocol.data_received(self, data)
        except _UpgradeOffered as offer:
            self._go_on_without_upgrade(data[offer.head_end :])
        if getattr(self.cycle, "scope", None) is not self.scope:  # A head has begun, not ended.
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._hang_up(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "")

    def send_400_response(self, msg: str) -> None:
        """Tell who sent what can't be read as a request."""
        self._hang_up(HTTPStatus.BAD_REQUEST, msg)

    def _hang_up(self, status: HTTPStatus, text: str) -> None:
        self.transport.write(last_answer(status, text, self.server_state.default_headers))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """Let `handle_websocket_upgrade` see every request that offers another protocol."""
        return True

    def handle_websocket_upgrade(self) -> None:
        """Decline what a request offers (RFC 9110 §7.8), or refuse to be a tunnel (CONNECT)."""
        if self.scope["method"] == "CONNECT":
            self.send_400_response("This is no proxy.")
            return
        offered = sys.exception()  # uvicorn is handling what the parser said.
        if isinstance(offered, httptools.HttpParserUpgrade):
            raise _UpgradeOffered(*offered.args)

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the request anew as if nothing had been offered, and what follows it likewise.

        httptools takes no body after such a head, and would read it as the next request. Java's
        HttpClient offers HTTP/2 in this way with every first request, whatever its body.
        """
        while True:
            anew = self._head_without_upgrade() + rest
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn does.
            try:
                HttpToolsProtocol.data_received(self, anew)
            except _UpgradeOffered as offer:
                rest = anew[offer.head_end :]
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        method, version = self.scope["method"].encode(), self.scope["http_version"].encode()
        first_line = b"%b %b HTTP/%b" % (method, self.url, version)
        headers = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([first_line, *headers, b"", b""])

    def on_message_begin(self) -> None:
        """Expect the rest of a request from its first byte on."""
        HttpToolsProtocol.on_message_begin(self)
        self.sweeps_left = self.patience.request
        self.head_bytes = 0

    def on_message_complete(self) -> None:
        """Expect nothing while the request is being answered."""
        HttpToolsProtocol.on_message_complete(self)
        # The answer may be out before the body was in (too large, path unknown). There is no cycle
        # yet where a request offers an upgrade: it is read anew.
        is_answered = getattr(self.cycle, "response_complete", False)
        self.sweeps_left = self.patience.next_request if is_answered else NOT_AWAITED

    def on_response_complete(self) -> None:
        """Expect the next request; the sweep takes the place of uvicorn's timer."""
        if self.pipeline or self.transport.is_closing():
            HttpToolsProtocol.on_response_complete(self)
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.sweeps_left == NOT_AWAITED:
            self.sweeps_left = self.patience.next_request

    def resume_writing(self) -> None:
        """Count anew from here: of what was written the client has taken almost all."""
        HttpToolsProtocol.resume_writing(self)
        self.sweeps_unread = 0

    def count_down(self) -> None:
        """Take note of a sweep, and cut the connection if its client's time is up."""
        is_unread = self.transport.get_write_buffer_size() > 0
        self.sweeps_unread = self.sweeps_unread + 1 if is_unread else 0
        if self.sweeps_unread == self.patience.request:
            self._drop_the_rest()
            self.transport.abort()
        elif self.sweeps_left:
            self.sweeps_left -= 1
            if self.sweeps_left == 0:
                self.transport.abort()

    def _drop_the_rest(self) -> None:
        """Have the system forget what it still holds for the client, and tell it so by a reset."""
        connection = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # The client may have gone at this very moment.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AND_DROP_THE_REST)


class Sweeper:
    """Cuts the connections whose time is up, every ``sweep_s`` seconds until it is stopped.

    It is a timer, no task: timers run before anything is written in a turn of the loop, so that
    what is not sent by then is what a client does not take.
    """

    def __init__(self, connections: Iterable[object], sweep_s: float) -> None:
        self._connections = connections
        self._sweep_s = sweep_s
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(sweep_s, self._sweep)

    def stop(self) -> None:
        """Cut nobody any more."""
        self._timer.cancel()

    def _sweep(self) -> None:
        self._timer = self._loop.call_later(self._sweep_s, self._sweep)
        for connection in list(self._connections):
            if isinstance(connection, DeadlineProtocol):
                connection.count_down()
