"""Cross-origin requests, answered as recorded from secuconnect's test server.

Recorded on every answer: ``Access-Control-Allow-Origin``, ``-Max-Age`` and ``-Allow-Methods``. A
browser also asks which request headers it may send; the answer to that is `assumed`.
"""

from lastschrift.web.api import Route
from lastschrift.web.http import Header, Request, Response

_ALLOW_HEADERS = (
    b"access-control-allow-headers",
    b"Authorization, Content-Type, Accept, X-Action, Idempotency-Key",
)


def cors_headers(methods: bytes) -> list[Header]:
    """Return what every answer of an API carries that knows these methods."""
    return [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-max-age", b"600"),
        (b"access-control-allow-methods", methods),
    ]


def preflight_route(path: str) -> Route:
    """Return the route that tells browsers what they may do at ``path``."""

    async def preflight(_request: Request) -> Response:
        """Tell a browser what it may do here."""
        return Response(200, headers=(_ALLOW_HEADERS,))

    return Route(method="OPTIONS", path=path, handler=preflight, answers={200: None})
