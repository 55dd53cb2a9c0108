"""PACE's kinds of payment methods: a list of one."""

from lastschrift.apis.pace.catalogue import KindList
from lastschrift.apis.pace.languages import preferred_language
from lastschrift.apis.pace.models import Errors
from lastschrift.apis.pace.parameters import ADDITIONAL_DATA, LANGUAGE, POINT_OF_INTEREST
from lastschrift.apis.pace.paths import PAYMENT_METHOD_KINDS
from lastschrift.apis.pace.query import check_kinds_query
from lastschrift.apis.pace.render import render_kinds
from lastschrift.apis.pace.statuses import ALWAYS
from lastschrift.domain.access import Scope
from lastschrift.web.api import Route
from lastschrift.web.http import Request, Response


async def list_payment_method_kinds(request: Request) -> Response:
    """List the kinds of payment methods that there are, named in the client's language."""
    await request.authorize(Scope.PACE_READ)
    check_kinds_query(request.query)
    return render_kinds(preferred_language(request.header(b"accept-language")))


ROUTES = (
    Route(
        method="GET",
        path=PAYMENT_METHOD_KINDS,
        handler=list_payment_method_kinds,
        answers={200: KindList, 400: Errors, **ALWAYS},
        scopes=(Scope.PACE_READ,),
        query=(ADDITIONAL_DATA, POINT_OF_INTEREST),
        in_headers=(LANGUAGE,),
    ),
)
