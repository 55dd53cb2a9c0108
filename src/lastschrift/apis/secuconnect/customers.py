"""secuconnect's customers: the payers that a merchant saves."""

from lastschrift.apis.secuconnect.idempotency import parse_idempotency_key, render_once
from lastschrift.apis.secuconnect.ids import parse_customer_id
from lastschrift.apis.secuconnect.lists import AskedBatch, AskedPage, AskedScroll, parse_list
from lastschrift.apis.secuconnect.models import CustomerAnswer, CustomerList, CustomerRequest
from lastschrift.apis.secuconnect.parameters import CUSTOMER_IN_PATH, CUSTOMER_LIST, KEYS
from lastschrift.apis.secuconnect.parse import (
    parse_create_customer,
    parse_update_customer,
)
from lastschrift.apis.secuconnect.query import CUSTOMER_PROPERTIES
from lastschrift.apis.secuconnect.refusals import CustomerIdIncorrect
from lastschrift.apis.secuconnect.render import (
    render_customer,
    render_deleted_customer,
)
from lastschrift.apis.secuconnect.render_lists import render_customer_batch, render_customer_page
from lastschrift.apis.secuconnect.statuses import (
    CREATING,
    DELETING_CUSTOMERS,
    LISTING,
    READING,
    REPLACING,
)
from lastschrift.domain.access import Scope
from lastschrift.domain.errors import DebtorUnknown
from lastschrift.domain.identity import DebtorId
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.next_debtors import next_debtors
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.register_debtor import register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.update_debtor import update_debtor
from lastschrift.web.api import Route
from lastschrift.web.http import Request, Response


async def create_customer(request: Request) -> Response:
    """Save a customer's contact data."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = parse_create_customer(await request.body(), principal)
    key = parse_idempotency_key(request)
    if key is None:
        return render_customer(await register_debtor(request.ports, command))
    once = await register_debtor_once(request.ports, command, key)
    return render_once(request, render_customer, once)


async def list_customers(request: Request) -> Response:
    """List customers: all, or those that are searched for; oldest first, or sorted."""
    principal = await request.authorize(Scope.SECUCONNECT)
    contract = principal.contract_id
    match parse_list(request.query, CUSTOMER_PROPERTIES):
        case AskedPage() as asked:
            listing = await list_debtors(request.ports, contract, asked.search)
            return render_customer_page(asked, listing)
        case AskedScroll(begin):
            return render_customer_batch(await begin_debtor_scroll(request.ports, contract, begin))
        case AskedBatch(scroll_id):
            return render_customer_batch(await next_debtors(request.ports, contract, scroll_id))


async def get_customer(request: Request) -> Response:
    """Read a customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    debtor = _named_customer(request)
    return render_customer(await read_debtor(request.ports, principal.contract_id, debtor))


async def replace_customer(request: Request) -> Response:
    """Replace a customer's contact data; what is left out is gone."""
    principal = await request.authorize(Scope.SECUCONNECT)
    debtor = _named_customer(request)
    command = parse_update_customer(await request.body(), principal, debtor)
    return render_customer(await update_debtor(request.ports, command))


async def delete_customer(request: Request) -> Response:
    """Delete a customer and all its containers."""
    principal = await request.authorize(Scope.SECUCONNECT)
    try:
        command = DeleteDebtor(
            contract_id=principal.contract_id,
            client_id=principal.client_id,
            debtor_id=_named_customer(request),
        )
        return render_deleted_customer(await delete_debtor(request.ports, command))
    except DebtorUnknown:
        raise CustomerIdIncorrect from None


def _named_customer(request: Request) -> DebtorId:
    """Return which customer the path names.

    Raises: DebtorUnknown.
    """
    debtor = parse_customer_id(request.path_params[CUSTOMER_IN_PATH.name])
    if debtor is None:
        raise DebtorUnknown
    return debtor


_CUSTOMERS = "/api/v2/Payment/Customers"
_CUSTOMER = f"{_CUSTOMERS}/{{{CUSTOMER_IN_PATH.name}}}"
_SCOPES = (Scope.SECUCONNECT,)

ROUTES = (
    Route(
        method="POST",
        path=_CUSTOMERS,
        handler=create_customer,
        body=CustomerRequest,
        answers={200: CustomerAnswer, **CREATING},
        scopes=_SCOPES,
        in_headers=KEYS,
    ),
    Route(
        method="GET",
        path=_CUSTOMERS,
        handler=list_customers,
        answers={200: CustomerList, **LISTING},
        scopes=_SCOPES,
        query=CUSTOMER_LIST,
    ),
    Route(
        method="GET",
        path=_CUSTOMER,
        handler=get_customer,
        in_path=[CUSTOMER_IN_PATH],
        answers={200: CustomerAnswer, **READING},
        scopes=_SCOPES,
    ),
    Route(
        method="PUT",
        path=_CUSTOMER,
        handler=replace_customer,
        in_path=[CUSTOMER_IN_PATH],
        body=CustomerRequest,
        answers={200: CustomerAnswer, **REPLACING},
        scopes=_SCOPES,
    ),
    Route(
        method="DELETE",
        path=_CUSTOMER,
        handler=delete_customer,
        in_path=[CUSTOMER_IN_PATH],
        answers={200: list[CustomerAnswer], **DELETING_CUSTOMERS},
        scopes=_SCOPES,
    ),
)
