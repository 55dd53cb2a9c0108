"""secuconnect's payment containers: the bank accounts of customers."""

from collections.abc import Sequence

from lastschrift.apis.secuconnect.idempotency import parse_idempotency_key, render_once
from lastschrift.apis.secuconnect.ids import parse_container_id, parse_customer_id
from lastschrift.apis.secuconnect.lists import (
    AskedBatch,
    AskedPage,
    AskedScroll,
    Shown,
    parse_list,
)
from lastschrift.apis.secuconnect.models import (
    ContainerAnswer,
    ContainerList,
    ContainerRequest,
    IbanValidation,
    IbanValidationRequest,
)
from lastschrift.apis.secuconnect.parameters import (
    ASSIGNED_IN_PATH,
    CONTAINER_IN_PATH,
    CONTAINER_LIST,
    KEYS,
)
from lastschrift.apis.secuconnect.parse import (
    parse_create_container,
    parse_customer,
    parse_update_container,
    parse_validate_iban,
)
from lastschrift.apis.secuconnect.query import CONTAINER_PROPERTIES
from lastschrift.apis.secuconnect.render import (
    render_container,
    render_removed_container,
    render_validation,
)
from lastschrift.apis.secuconnect.render_lists import (
    Customers,
    render_container_batch,
    render_container_page,
    shown_of,
)
from lastschrift.apis.secuconnect.statuses import (
    ASKING,
    ASSIGNING,
    CHANGING,
    CREATING,
    LISTING,
    READING,
    REPLACING_UNIQUE,
)
from lastschrift.domain.access import Scope
from lastschrift.domain.account_check import check_account
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import BankAccountUnknown, DebtorUnknown
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.archive_bank_account import ArchiveBankAccount, archive_bank_account
from lastschrift.operations.assign_bank_account import (
    AssignBankAccount,
    assign_bank_account,
    assign_bank_account_once,
)
from lastschrift.operations.begin_bank_account_scroll import begin_bank_account_scroll
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.next_bank_accounts import next_bank_accounts
from lastschrift.operations.read_debtors import read_debtors
from lastschrift.operations.register_bank_account import register_bank_account
from lastschrift.operations.register_bank_account_once import register_bank_account_once
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from lastschrift.operations.unassign_bank_account import (
    UnassignBankAccount,
    unassign_bank_account,
)
from lastschrift.operations.update_bank_account import update_bank_account
from lastschrift.web.api import Route
from lastschrift.web.http import Request, Response

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


async def list_containers(request: Request) -> Response:
    """List payment containers: all, or those that are searched for; oldest first, or sorted."""
    principal = await request.authorize(Scope.SECUCONNECT)
    ports, contract = request.ports, principal.contract_id
    match parse_list(request.query, CONTAINER_PROPERTIES):
        case AskedPage() as asked:
            listing = await reveal_bank_accounts(ports, contract, asked.search)
            customers = await _customers_in(request, contract, asked.shown, listing.items)
            return render_container_page(asked, listing, customers)
        case AskedScroll(begin):
            batch = await begin_bank_account_scroll(ports, contract, begin)
        case AskedBatch(scroll_id):
            batch = await next_bank_accounts(ports, contract, scroll_id)
    customers = await _customers_in(request, contract, shown_of(batch), batch.items)
    return render_container_batch(batch, customers)


async def _customers_in(
    request: Request,
    contract: ContractId,
    shown: Shown,
    accounts: Sequence[RevealedBankAccount],
) -> Customers:
    """Return the customers that are to stand in these containers whole."""
    if not shown.is_expanded:
        return {}
    named = (revealed.account.customer_id for revealed in accounts)
    return await read_debtors(request.ports, contract, (key for key in named if key is not None))


async def get_container(request: Request) -> Response:
    """Read a payment container, an archived one too."""
    principal = await request.authorize(Scope.SECUCONNECT)
    account = _named_account(request)
    return render_container(
        await reveal_bank_account(request.ports, principal.contract_id, account)
    )


async def replace_container(request: Request) -> Response:
    """Replace a container's bank account; its customer too, if one is named."""
    principal = await request.authorize(Scope.SECUCONNECT)
    account = _named_account(request)
    command = parse_update_container(await request.body(), principal, account)
    return render_container(await update_bank_account(request.ports, command))


async def delete_container(request: Request) -> Response:
    """Delete a payment container."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = DeleteBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=_named_account(request),
    )
    return render_removed_container(await delete_bank_account(request.ports, command))


async def archive_container(request: Request) -> Response:
    """Archive a payment container: it can still be read, and is listed no more."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = ArchiveBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=_named_account(request),
    )
    return render_container(await archive_bank_account(request.ports, command))


def _named_account(request: Request) -> AccountId:
    """Return which account the path names.

    Raises: BankAccountUnknown.
    """
    account = parse_container_id(request.path_params[CONTAINER_IN_PATH.name])
    if account is None:
        raise BankAccountUnknown
    return account


# --- whose they are -------------------------------------------------------------------------------


async def assign_container(request: Request) -> Response:
    """Assign a payment container to a customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = AssignBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=_named_account(request),
        debtor=parse_customer(request.path_params[ASSIGNED_IN_PATH.name]),
    )
    key = parse_idempotency_key(request)
    if key is None:
        return render_container(await assign_bank_account(request.ports, command))
    once = await assign_bank_account_once(request.ports, command, key)
    return render_once(request, render_container, once)


async def unassign_container(request: Request) -> Response:
    """Take a payment container from its customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    command = UnassignBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=_named_account(request),
    )
    return render_removed_container(await unassign_bank_account(request.ports, command))


async def unassign_container_from(request: Request) -> Response:
    """Take a payment container from this customer."""
    principal = await request.authorize(Scope.SECUCONNECT)
    debtor = parse_customer_id(request.path_params[ASSIGNED_IN_PATH.name])
    if debtor is None:
        raise DebtorUnknown
    command = UnassignBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=_named_account(request),
        debtor_id=debtor,
    )
    return render_removed_container(await unassign_bank_account(request.ports, command))


# --- what could become one ------------------------------------------------------------------------


async def validate_iban(request: Request) -> Response:
    """Tell whether a container of this IBAN would be saved, and which bank it is held at."""
    await request.authorize(Scope.SECUCONNECT)
    asked = parse_validate_iban(await request.body())
    return render_validation(asked, check_account(asked.iban))


# --- the routes -----------------------------------------------------------------------------------

_CONTAINERS = "/api/v2/Payment/Containers"
_CONTAINER = f"{_CONTAINERS}/{{{CONTAINER_IN_PATH.name}}}"
_ASSIGNMENT = f"{_CONTAINER}/assign"
_ASSIGNED = f"{_ASSIGNMENT}/{{{ASSIGNED_IN_PATH.name}}}"
_SCOPES = (Scope.SECUCONNECT,)

ROUTES = (
    Route(
        method="POST",
        path=_CONTAINERS,
        handler=create_container,
        body=ContainerRequest,
        answers={200: ContainerAnswer, **CREATING},
        scopes=_SCOPES,
        in_headers=KEYS,
        is_hot=True,
    ),
    Route(
        method="GET",
        path=_CONTAINERS,
        handler=list_containers,
        answers={200: ContainerList, **LISTING},
        scopes=_SCOPES,
        query=CONTAINER_LIST,
    ),
    Route(
        method="GET",
        path=_CONTAINER,
        handler=get_container,
        in_path=[CONTAINER_IN_PATH],
        answers={200: ContainerAnswer, **READING},
        scopes=_SCOPES,
    ),
    Route(
        method="PUT",
        path=_CONTAINER,
        handler=replace_container,
        in_path=[CONTAINER_IN_PATH],
        body=ContainerRequest,
        answers={200: ContainerAnswer, **REPLACING_UNIQUE},
        scopes=_SCOPES,
    ),
    Route(
        method="DELETE",
        path=_CONTAINER,
        handler=delete_container,
        in_path=[CONTAINER_IN_PATH],
        answers={200: list[ContainerAnswer], **CHANGING},
        scopes=_SCOPES,
    ),
    Route(
        method="PUT",
        path=f"{_CONTAINER}/archive",
        handler=archive_container,
        in_path=[CONTAINER_IN_PATH],
        answers={200: ContainerAnswer, **CHANGING},
        scopes=_SCOPES,
    ),
    Route(
        method="POST",
        path=_ASSIGNED,
        handler=assign_container,
        in_path=[CONTAINER_IN_PATH, ASSIGNED_IN_PATH],
        in_headers=KEYS,
        answers={200: ContainerAnswer, **ASSIGNING},
        scopes=_SCOPES,
    ),
    Route(
        method="DELETE",
        path=_ASSIGNED,
        handler=unassign_container_from,
        in_path=[CONTAINER_IN_PATH, ASSIGNED_IN_PATH],
        answers={200: list[ContainerAnswer], **CHANGING},
        scopes=_SCOPES,
    ),
    Route(
        method="DELETE",
        path=_ASSIGNMENT,
        handler=unassign_container,
        in_path=[CONTAINER_IN_PATH],
        answers={200: list[ContainerAnswer], **CHANGING},
        scopes=_SCOPES,
    ),
    Route(
        method="POST",
        path=f"{_CONTAINERS}/me/validateSingleIban",
        handler=validate_iban,
        body=IbanValidationRequest,
        answers={200: IbanValidation, **ASKING},
        scopes=_SCOPES,
    ),
)
