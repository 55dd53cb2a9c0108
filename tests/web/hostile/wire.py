"""HTTP as bytes on a socket: what is sent is what stands here, right or wrong.

exchange(port, b"GET /healthz HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n").answer()
"""

import socket
import time
from dataclasses import dataclass

import httpx2

PATIENCE_S = 20
"""How long a test waits for a server that neither answers nor hangs up."""


@dataclass(frozen=True, slots=True)
class Received:
    """All that came back until the server hung up, and after how many seconds it did."""

    data: bytes
    seconds: float

    def answers(self, method: str = "GET") -> list[httpx2.Response]:
        """Return the answers in what came back; to HEAD they are without their bodies."""
        found = []
        rest = self.data
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            status_line, *lines = head.split(b"\r\n")
            pairs = [line.split(b": ", 1) for line in lines]
            headers = httpx2.Headers([(name, value) for name, value in pairs])
            length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
            body, rest = rest[:length], rest[length:]
            status = int(status_line.split(b" ")[1])
            found.append(httpx2.Response(status, headers=headers, content=body))
        return found

    def answer(self, method: str = "GET") -> httpx2.Response:
        """Return the one answer in what came back."""
        (answer,) = self.answers(method)
        return answer


def exchange(port: int, *pieces: bytes, has_end: bool = False) -> Received:
    """Send bytes in pieces, and return what comes back until the server hangs up.

    ``has_end``: tell the server that nothing more will come, as a client that only listens does.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        started = time.perf_counter()
        try:
            for piece in pieces:
                connection.sendall(piece)
            if has_end:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server may hang up before it has heard all.
        return Received(_all_from(connection), time.perf_counter() - started)


def request(
    method: bytes, target: bytes, *headers: tuple[bytes, bytes], body: bytes = b""
) -> bytes:
    """Return a request as it goes over the wire; the connection ends with its answer."""
    lines = [
        method + b" " + target + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: close",
        *(name + b": " + value for name, value in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _all_from(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass  # An abrupt end is an end too.
    return received
