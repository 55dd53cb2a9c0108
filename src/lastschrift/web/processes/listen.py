"""The socket that a server listens on, taken before anything else is done."""

import errno
import ipaddress
import socket

_BACKLOG = 2048

_UNSENT_BYTES_MAX = 131_072
"""How much of an answer the system takes over before it can send it: what is beyond stays with us,
where it is seen that a client does not take it. Without it that were megabytes a connection."""


class CannotListen(Exception):
    """The address can't be listened on; the text says which, why, and what to do."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """Return so many sockets on one address, among which the system deals out connections.

    Raises: CannotListen.
    """
    listen(host, port).close()  # Others of the same user could share a port; nobody has it now.
    first = _listen(host, port, is_shared=True)
    port = first.getsockname()[1]
    return [first, *(_listen(host, port, is_shared=True) for _ in range(count - 1))]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on this address; port 0 takes any free one.

    Raises: CannotListen.
    """
    return _listen(host, port, is_shared=False)


def _listen(host: str, port: int, *, is_shared: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotListen(f"{host} is no address of this machine ({error.strerror})") from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES_MAX)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(_why(host, port, error)) from None
    listener.settimeout(0)
    return listener


def _why(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} on {host} is in use: "
                "choose another one with --port N (make run PORT=8081)"
            )
        case errno.EACCES:
            return f"port {port} needs root: choose one from 1024 on with --port N"
        case _:
            return f"can't listen on {host}, port {port}: {error.strerror}"
