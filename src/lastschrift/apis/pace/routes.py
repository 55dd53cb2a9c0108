"""PACE's routes: payment methods, and the kinds of them."""

from lastschrift.apis.pace import payment_method_kinds, payment_methods
from lastschrift.apis.pace.errors import ERRORS
from lastschrift.apis.pace.ids import request_id
from lastschrift.apis.pace.media_type import MEDIA_TYPE
from lastschrift.apis.pace.paths import PREFIX
from lastschrift.web.api import Api
from lastschrift.web.http import NO_HEADERS, Header, HeaderBlock, Request

_ROUTES = (*payment_methods.ROUTES, *payment_method_kinds.ROUTES)


def _own_headers(request: Request) -> tuple[Header, ...]:
    """Return an answer's Request-Id, and the app.

    ``Client-ID`` is the app that an identity provider's token was given to, if the token tells.
    """
    own = b"request-id", request_id(request.of_head(_sent_request_id))
    app = None if request.principal is None else request.principal.app
    if app is not None and app.isascii() and app.isprintable():
        return own, (b"client-id", app.encode())
    return (own,)


def _sent_request_id(request: Request) -> bytes | None:
    return request.header(b"request-id")


def api(*, has_cors: bool) -> Api:  # noqa: ARG001  # PACE lets no browser of elsewhere call it
    """Return PACE Pay as an API."""
    return Api(
        name="pace",
        title="PACE Pay: payment methods",
        prefix=PREFIX,
        media_type=MEDIA_TYPE.decode(),
        routes=_ROUTES,
        errors=ERRORS,
        headers=NO_HEADERS,
        body_headers=HeaderBlock((b"content-type", MEDIA_TYPE)),
        own_headers=_own_headers,
        is_caller_checked_first=True,
    )
