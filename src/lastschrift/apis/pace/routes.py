"""PACE's routes: payment methods, of which SEPA direct debit is the one kind."""

from lastschrift.apis.pace.errors import ERRORS, see_other
from lastschrift.apis.pace.ids import parse_payment_method_id, request_id
from lastschrift.apis.pace.media_type import MEDIA_TYPE, check_media_types
from lastschrift.apis.pace.models import (
    Errors,
    PaymentMethod,
    PaymentMethodId,
    PaymentMethodList,
    PaymentMethodRequest,
)
from lastschrift.apis.pace.parse import parse_create_payment_method
from lastschrift.apis.pace.paths import (
    PAYMENT_METHOD,
    PAYMENT_METHOD_ID,
    PAYMENT_METHODS,
    PREFIX,
    SEPA_DIRECT_DEBIT,
    payment_method_url,
)
from lastschrift.apis.pace.render import (
    render_created,
    render_payment_method,
    render_payment_methods,
)
from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    IdentityNotLinked,
)
from lastschrift.domain.identity import AccountId
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.list_bank_accounts import list_bank_accounts
from lastschrift.operations.read_bank_account import read_bank_account
from lastschrift.operations.register_bank_account import register_bank_account
from lastschrift.web.api import Api, Parameter, Route
from lastschrift.web.http import Header, HeaderBlock, Request, Response

_CREATE = (Scope.PACE_CREATE, Scope.PACE_CREATE_SEPA)
_READ = (Scope.PACE_READ,)
_DELETE = (Scope.PACE_DELETE,)


# --- payment methods ------------------------------------------------------------------------------


async def create_payment_method(request: Request) -> Response:
    """Register a SEPA direct debit as a payment method, once per payer."""
    principal, _ = await _payer(request, *_CREATE)
    check_media_types(request)
    command = parse_create_payment_method(await request.body(), principal)
    try:
        registered = await register_bank_account(request.ports, command)
    except BankAccountAlreadyRegistered as known:
        return see_other(payment_method_url(request, known.account_id))
    return render_created(registered.account)


async def list_payment_methods(request: Request) -> Response:
    """List the payer's payment methods, oldest first."""
    principal, payer = await _payer(request, *_READ)
    return render_payment_methods(
        await list_bank_accounts(request.ports, principal.contract_id, payer.id)
    )


async def get_payment_method(request: Request) -> Response:
    """Read a payment method of the payer's."""
    principal, payer = await _payer(request, *_READ)
    return render_payment_method(
        await read_bank_account(
            request.ports, principal.contract_id, payer.id, _named_account(request)
        )
    )


async def delete_payment_method(request: Request) -> Response:
    """Delete a payment method of the payer's."""
    principal, payer = await _payer(request, *_DELETE)
    command = DeleteBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor_id=payer.id,
        account_id=_named_account(request),
    )
    await delete_bank_account(request.ports, command)
    return Response(204)


async def _payer(request: Request, *any_of: Scope) -> tuple[Principal, DebtorRef]:
    """Return who the token stands for, and the payer that it speaks for.

    Raises, in this order: TokenMissing, TokenRefused, ScopeMissing, IdentityNotLinked.
    """
    principal = await request.authorize(*any_of)
    if principal.debtor is None:
        raise IdentityNotLinked
    return principal, principal.debtor


def _named_account(request: Request) -> AccountId:
    """Return which account the path names.

    Raises: BankAccountUnknown.
    """
    account = parse_payment_method_id(request.path_params[PAYMENT_METHOD_ID])
    if account is None:
        raise BankAccountUnknown
    return account


# --- the API --------------------------------------------------------------------------------------

_ALWAYS = {401: Errors, 403: Errors, 500: Errors, 503: Errors}
_CREATE_ERRORS = {
    400: Errors,
    406: Errors,
    409: Errors,
    413: Errors,
    415: Errors,
    422: Errors,
    **_ALWAYS,
}

_WHICH = (Parameter(name=PAYMENT_METHOD_ID, meaning="which payment method", kind=PaymentMethodId),)

_ROUTES = (
    Route(
        method="POST",
        path=SEPA_DIRECT_DEBIT,
        handler=create_payment_method,
        body=PaymentMethodRequest,
        answers={201: PaymentMethod, 303: None, **_CREATE_ERRORS},
        scopes=_CREATE,
        is_hot=True,
    ),
    Route(
        method="GET",
        path=PAYMENT_METHODS,
        handler=list_payment_methods,
        answers={200: PaymentMethodList, **_ALWAYS},
        scopes=_READ,
    ),
    Route(
        method="GET",
        path=PAYMENT_METHOD,
        handler=get_payment_method,
        answers={200: PaymentMethod, 404: Errors, **_ALWAYS},
        scopes=_READ,
        in_path=_WHICH,
    ),
    Route(
        method="DELETE",
        path=PAYMENT_METHOD,
        handler=delete_payment_method,
        answers={204: None, 404: Errors, **_ALWAYS},
        scopes=_DELETE,
        in_path=_WHICH,
    ),
)


_HEADERS = HeaderBlock(
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


def _own_headers(request: Request, response: Response) -> tuple[Header, ...]:
    """Return an answer's Request-Id, and a media type where there is something of it."""
    name = (b"request-id", request_id(request.header(b"request-id")))
    return (name, (b"content-type", MEDIA_TYPE)) if response.body else (name,)


def api(*, has_cors: bool) -> Api:  # noqa: ARG001  # PACE lets no browser of elsewhere call it
    """Return PACE Pay as an API."""
    return Api(
        name="pace",
        title="PACE Pay: payment methods",
        prefix=PREFIX,
        media_type=MEDIA_TYPE.decode(),
        routes=_ROUTES,
        errors=ERRORS,
        headers=_HEADERS,
        own_headers=_own_headers,
        is_caller_checked_first=True,
    )
