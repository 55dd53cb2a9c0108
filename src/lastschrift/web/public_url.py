"""The URL under which clients find this server, for answers that name one.

It is the setting ``public_url``. A server without one is on loopback only (`lastschrift.main`
refuses anything else), and is found where the request itself went: by its scheme and host.
"""

from lastschrift.web.http import Request


def public_url(request: Request) -> str | None:
    """Return what URLs of this server begin with, for whoever sent ``request``.

    None: nothing is set, and the request names no host (HTTP/1.0).
    """
    if request.edge.public_url is not None:
        return request.edge.public_url
    host = request.header(b"host")
    if not host:
        return None
    scheme: str = request.scope["scheme"]
    return f"{scheme}://{host.decode('latin-1')}"
