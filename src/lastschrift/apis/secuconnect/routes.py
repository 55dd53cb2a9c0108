"""secuconnect's routes: customers, payment containers, and the token's own contract."""

from lastschrift.apis.secuconnect import containers, contracts, customers
from lastschrift.apis.secuconnect.errors import ERRORS
from lastschrift.web.api import Api
from lastschrift.web.cors import cors_headers, preflight_route
from lastschrift.web.http import Header, HeaderBlock

_ROUTES = (*customers.ROUTES, *containers.ROUTES, *contracts.ROUTES)

_HEADERS: list[Header] = [(b"content-type", b"application/json; charset=UTF-8")]
_METHODS = b"POST, GET, PUT, DELETE, PATCH, OPTIONS"


def api(*, has_cors: bool) -> Api:
    """Return secuconnect as an API; ``has_cors``: browsers elsewhere may call it."""
    paths = dict.fromkeys(route.path for route in _ROUTES)
    preflight = [preflight_route(path) for path in paths] if has_cors else []
    headers = [*_HEADERS, *cors_headers(_METHODS)] if has_cors else _HEADERS

    return Api(
        name="secuconnect",
        title="secuconnect: customers and payment containers",
        prefix="/api/",
        media_type="application/json",
        routes=[*_ROUTES, *preflight],
        errors=ERRORS,
        headers=HeaderBlock(*headers),
        has_folded_paths=True,
    )
