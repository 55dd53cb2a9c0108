"""Where PACE's payment methods are found."""

from typing import Final

from lastschrift.apis.pace.ids import payment_method_id
from lastschrift.domain.identity import AccountId
from lastschrift.web.http import Request
from lastschrift.web.public_url import public_url

PREFIX: Final = "/pay/"
PAYMENT_METHOD_KINDS: Final = "/pay/2024-1/payment-method-kinds"
PAYMENT_METHODS: Final = "/pay/2024-1/payment-methods"
SEPA_DIRECT_DEBIT: Final = PAYMENT_METHODS + "/sepa-direct-debit"
PAYMENT_METHOD_ID: Final = "paymentMethodId"
PAYMENT_METHOD: Final = f"{PAYMENT_METHODS}/{{{PAYMENT_METHOD_ID}}}"


def payment_method_path(account: AccountId) -> bytes:
    """Return the path of a payment method."""
    return f"{PAYMENT_METHODS}/{payment_method_id(account)}".encode()


def payment_method_url(request: Request, account: AccountId) -> bytes:
    """Return the URL under which whoever sent ``request`` finds a payment method.

    Who names no host gets the path alone (RFC 9110 §10.2.2 allows it).
    """
    return (public_url(request) or "").encode("latin-1") + payment_method_path(account)


def payment_methods_url(request: Request, query: str) -> str:
    """Return the URL under which whoever sent ``request`` finds a list of payment methods."""
    return f"{public_url(request) or ''}{PAYMENT_METHODS}?{query}"
