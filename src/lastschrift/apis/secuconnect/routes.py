"""secuconnect's routes: customers and payment containers."""

from typing import Annotated

from lastschrift.apis.secuconnect.errors import ERRORS
from lastschrift.apis.secuconnect.idempotency import (
    IDEMPOTENCY_KEY,
    X_ACTION,
    parse_idempotency_key,
    render_once,
)
from lastschrift.apis.secuconnect.ids import parse_container_id, parse_customer_id
from lastschrift.apis.secuconnect.models import (
    COUNT_DEFAULT,
    COUNT_MAX,
    OFFSET_MAX,
    ContainerAnswer,
    ContainerId,
    ContainerList,
    ContainerRequest,
    CustomerAnswer,
    CustomerId,
    CustomerList,
    CustomerRequest,
    ProductError,
)
from lastschrift.apis.secuconnect.parse import (
    parse_create_container,
    parse_create_customer,
    parse_page,
)
from lastschrift.apis.secuconnect.render import (
    render_container,
    render_containers,
    render_customer,
    render_customers,
)
from lastschrift.domain.access import Scope
from lastschrift.domain.errors import BankAccountUnknown, DebtorUnknown
from lastschrift.domain.idempotency import CHARACTERS_MAX
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.register_bank_account import register_bank_account
from lastschrift.operations.register_bank_account_once import register_bank_account_once
from lastschrift.operations.register_debtor import register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from lastschrift.web.api import Api, Parameter, Route
from lastschrift.web.cors import cors_headers, preflight_route
from lastschrift.web.described import described
from lastschrift.web.http import Header, HeaderBlock, Request, Response

# --- customers ------------------------------------------------------------------------------------


async def create_customer(request: Request) -> Response:
    """Save a customer's contact data."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = parse_create_customer(await request.body(), principal)
    key = parse_idempotency_key(request)
    if key is None:
        return render_customer(await register_debtor(request.ports, command))
    once = await register_debtor_once(request.ports, command, key)
    return render_once(request, render_customer, once)


async def get_customer(request: Request) -> Response:
    """Read a customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    debtor = parse_customer_id(request.path_params["id"])
    if debtor is None:
        raise DebtorUnknown
    return render_customer(await read_debtor(request.ports, principal.contract_id, debtor))


async def list_customers(request: Request) -> Response:
    """List customers, oldest first."""
    principal = await request.authorize(Scope.SECUCONNECT)
    page = parse_page(request.query)
    return render_customers(await list_debtors(request.ports, principal.contract_id, page))


# --- containers -----------------------------------------------------------------------------------


async def create_container(request: Request) -> Response:
    """Save a bank account, once per customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = parse_create_container(await request.body(), principal)
    key = parse_idempotency_key(request)
    if key is None:
        return render_container(await register_bank_account(request.ports, command))
    once = await register_bank_account_once(request.ports, command, key)
    return render_once(request, render_container, once)


async def get_container(request: Request) -> Response:
    """Read a payment container."""
    principal = await request.authorize(Scope.SECUCONNECT)
    account = parse_container_id(request.path_params["id"])
    if account is None:
        raise BankAccountUnknown
    return render_container(
        await reveal_bank_account(request.ports, principal.contract_id, account)
    )


async def list_containers(request: Request) -> Response:
    """List payment containers, oldest first."""
    principal = await request.authorize(Scope.SECUCONNECT)
    page = parse_page(request.query)
    return render_containers(await reveal_bank_accounts(request.ports, principal.contract_id, page))


# --- the API --------------------------------------------------------------------------------------

_CUSTOMERS = "/api/v2/Payment/Customers"
_CONTAINERS = "/api/v2/Payment/Containers"
_SCOPES = (Scope.SECUCONNECT,)
_ALWAYS = {403: ProductError, 500: ProductError, 503: ProductError}
_READ_ERRORS = {404: ProductError, **_ALWAYS}
_LIST_ERRORS = {422: ProductError, **_ALWAYS}
_CREATE_ERRORS = {
    404: ProductError,
    409: ProductError,
    413: ProductError,
    422: ProductError,
    **_ALWAYS,
}
_Count = Annotated[int, described(minimum=0, maximum=COUNT_MAX, default=COUNT_DEFAULT)]
_Offset = Annotated[int, described(minimum=0, maximum=OFFSET_MAX, default=0)]
_PAGE = (
    Parameter(name="count", meaning="how many to return", kind=_Count),
    Parameter(name="offset", meaning="how many to leave out before", kind=_Offset),
)
_Key = Annotated[str, described(minLength=1, maxLength=CHARACTERS_MAX, pattern=r"^[!#-~][!-~]*$")]
_KEYS = (
    Parameter(
        name=IDEMPOTENCY_KEY,
        meaning="done once under this key, for 30 days; an answer that was given before comes with "
        "Idempotency-Replayed: true",
        kind=_Key,
    ),
    Parameter(name=X_ACTION, meaning="an older name for the same", kind=_Key),
)

_ROUTES = (
    Route(
        method="POST",
        path=_CUSTOMERS,
        handler=create_customer,
        body=CustomerRequest,
        answers={200: CustomerAnswer, **_CREATE_ERRORS},
        scopes=_SCOPES,
        in_headers=_KEYS,
    ),
    Route(
        method="GET",
        path=_CUSTOMERS,
        handler=list_customers,
        answers={200: CustomerList, **_LIST_ERRORS},
        scopes=_SCOPES,
        query=_PAGE,
    ),
    Route(
        method="GET",
        path=_CUSTOMERS + "/{id}",
        handler=get_customer,
        in_path=[Parameter(name="id", meaning="which customer", kind=CustomerId)],
        answers={200: CustomerAnswer, **_READ_ERRORS},
        scopes=_SCOPES,
    ),
    Route(
        method="POST",
        path=_CONTAINERS,
        handler=create_container,
        body=ContainerRequest,
        answers={200: ContainerAnswer, **_CREATE_ERRORS},
        scopes=_SCOPES,
        in_headers=_KEYS,
        is_hot=True,
    ),
    Route(
        method="GET",
        path=_CONTAINERS,
        handler=list_containers,
        answers={200: ContainerList, **_LIST_ERRORS},
        scopes=_SCOPES,
        query=_PAGE,
    ),
    Route(
        method="GET",
        path=_CONTAINERS + "/{id}",
        handler=get_container,
        in_path=[Parameter(name="id", meaning="which container", kind=ContainerId)],
        answers={200: ContainerAnswer, **_READ_ERRORS},
        scopes=_SCOPES,
    ),
)

_HEADERS: list[Header] = [
    (b"content-type", b"application/json; charset=UTF-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
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
