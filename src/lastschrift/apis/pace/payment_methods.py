"""PACE's payment methods, of which SEPA direct debit is the one kind."""

from lastschrift.apis.pace.errors import see_other
from lastschrift.apis.pace.ids import parse_payment_method_id
from lastschrift.apis.pace.languages import Language, preferred_language
from lastschrift.apis.pace.media_type import check_media_types
from lastschrift.apis.pace.models import (
    Errors,
    PaymentMethod,
    PaymentMethodChangeRequest,
    PaymentMethodList,
    PaymentMethodRequest,
)
from lastschrift.apis.pace.pages import page_links
from lastschrift.apis.pace.parameters import (
    INCLUDED,
    LANGUAGE,
    PAGE,
    PURPOSE_FILTER,
    SIZE,
    STATUS_FILTER,
    USER_FILTER,
    WHICH,
)
from lastschrift.apis.pace.parse import parse_create_payment_method
from lastschrift.apis.pace.parse_change import parse_change_payment_method
from lastschrift.apis.pace.parse_delete import check_names_none
from lastschrift.apis.pace.paths import (
    PAYMENT_METHOD,
    PAYMENT_METHOD_ID,
    PAYMENT_METHODS,
    SEPA_DIRECT_DEBIT,
    payment_method_url,
)
from lastschrift.apis.pace.payers import payer_of, payer_to_read
from lastschrift.apis.pace.query import (
    Related,
    parse_included,
    parse_list_query,
)
from lastschrift.apis.pace.render import (
    render_created,
    render_payment_method,
    render_payment_methods,
)
from lastschrift.apis.pace.statuses import ALWAYS, WITH_BODY
from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    ScopeMissing,
)
from lastschrift.domain.identity import AccountId
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.delete_bank_accounts import DeleteBankAccounts, delete_bank_accounts
from lastschrift.operations.list_bank_accounts import (
    list_bank_accounts,
    list_valid_bank_accounts,
)
from lastschrift.operations.read_bank_account import read_bank_account
from lastschrift.operations.register_bank_account import register_bank_account
from lastschrift.operations.update_account_usage import update_account_usage
from lastschrift.web.api import Route
from lastschrift.web.http import Request, Response

_CREATE = (Scope.PACE_CREATE, Scope.PACE_CREATE_SEPA)
_READ = (Scope.PACE_READ,)
_PATCH = (Scope.PACE_PATCH,)
_DELETE = (Scope.PACE_DELETE,)


async def create_payment_method(request: Request) -> Response:
    """Register a SEPA direct debit as a payment method, once per payer."""
    principal, _ = await payer_of(request, *_CREATE)
    check_media_types(request)
    command = parse_create_payment_method(await request.body(), principal)
    try:
        registered = await register_bank_account(request.ports, command)
    except BankAccountAlreadyRegistered as known:
        return see_other(payment_method_url(request, known.account_id))
    return render_created(registered.account)


async def list_payment_methods(request: Request) -> Response:
    """List the payer's payment methods, or a user's, oldest first: all of them, or a page.

    What is past its expiry is left out where the query filters by status. With
    ``include=paymentTokens`` the scope ``pay:payment-tokens:read`` is needed, too.
    """
    principal, payer = await payer_to_read(request, *_READ)
    query = parse_list_query(request.query)
    _check_included(principal, query.included)
    list_some = list_bank_accounts if query.status is None else list_valid_bank_accounts
    some = await list_some(request.ports, principal.contract_id, payer, query.slice)
    links = page_links(request, query, has_more=some.has_more)
    return render_payment_methods(some, query.included, _language(request), links)


async def get_payment_method(request: Request) -> Response:
    """Read a payment method of the payer's, or of a user's."""
    principal, payer = await payer_to_read(request, *_READ)
    account = _named_account(request)
    included = parse_included(request.query)
    _check_included(principal, included)
    found = await read_bank_account(request.ports, principal.contract_id, payer.id, account)
    return render_payment_method(found, included, _language(request))


async def patch_payment_method(request: Request) -> Response:
    """Change alias, expiry or mandatory authorisation attributes of a payment method.

    What is absent stays as it is; null clears it.
    """
    principal, payer = await payer_of(request, *_PATCH)
    account = _named_account(request)
    await read_bank_account(request.ports, principal.contract_id, payer.id, account)
    check_media_types(request)
    command = parse_change_payment_method(await request.body(), principal, payer, account)
    return render_payment_method(await update_account_usage(request.ports, command))


async def delete_payment_method(request: Request) -> Response:
    """Delete a payment method of the payer's, unless another client manages it."""
    principal, payer = await payer_of(request, *_DELETE)
    command = DeleteBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor_id=payer.id,
        account_id=_named_account(request),
    )
    await delete_bank_account(request.ports, command)
    return Response(204)


async def delete_payment_methods(request: Request) -> Response:
    """Delete all payment methods of the payer's, but for those that another client manages.

    A body that names some of them is refused.
    """
    principal, payer = await payer_of(request, *_DELETE)
    check_names_none(await request.body())
    command = DeleteBankAccounts(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor=payer,
    )
    await delete_bank_accounts(request.ports, command)
    return Response(204)


# --- who asks, and for what -----------------------------------------------------------------------


def _check_included(principal: Principal, included: frozenset[Related]) -> None:
    """Raise ScopeMissing if payment tokens are asked for by who may not read them."""
    if Related.TOKENS in included and Scope.PACE_TOKENS_READ not in principal.scopes:
        raise ScopeMissing([Scope.PACE_TOKENS_READ])


def _language(request: Request) -> Language:
    return preferred_language(request.header(b"accept-language"))


def _named_account(request: Request) -> AccountId:
    """Return which account the path names.

    Raises: BankAccountUnknown.
    """
    account = parse_payment_method_id(request.path_params[PAYMENT_METHOD_ID])
    if account is None:
        raise BankAccountUnknown
    return account


# --- routes ---------------------------------------------------------------------------------------

ROUTES = (
    Route(
        method="POST",
        path=SEPA_DIRECT_DEBIT,
        handler=create_payment_method,
        body=PaymentMethodRequest,
        answers={201: PaymentMethod, 303: None, **WITH_BODY},
        scopes=_CREATE,
        is_hot=True,
    ),
    Route(
        method="GET",
        path=PAYMENT_METHODS,
        handler=list_payment_methods,
        answers={200: PaymentMethodList, 400: Errors, 422: Errors, **ALWAYS},
        scopes=_READ,
        query=(STATUS_FILTER, PURPOSE_FILTER, USER_FILTER, INCLUDED, PAGE, SIZE),
        in_headers=(LANGUAGE,),
    ),
    Route(
        method="GET",
        path=PAYMENT_METHOD,
        handler=get_payment_method,
        answers={200: PaymentMethod, 400: Errors, 404: Errors, **ALWAYS},
        scopes=_READ,
        in_path=(WHICH,),
        query=(USER_FILTER, INCLUDED),
        in_headers=(LANGUAGE,),
    ),
    Route(
        method="PATCH",
        path=PAYMENT_METHOD,
        handler=patch_payment_method,
        body=PaymentMethodChangeRequest,
        answers={200: PaymentMethod, 404: Errors, **WITH_BODY},
        scopes=_PATCH,
        in_path=(WHICH,),
    ),
    Route(
        method="DELETE",
        path=PAYMENT_METHOD,
        handler=delete_payment_method,
        answers={204: None, 404: Errors, **ALWAYS},
        scopes=_DELETE,
        in_path=(WHICH,),
    ),
    Route(
        method="DELETE",
        path=PAYMENT_METHODS,
        handler=delete_payment_methods,
        answers={204: None, 400: Errors, 413: Errors, **ALWAYS},
        scopes=_DELETE,
    ),
)
