"""Where PACE's payment methods are found."""

from typing import Final

from lastschrift.apis.pace.ids import payment_method_id
from lastschrift.domain.identity import AccountId
from lastschrift.web.http import Request

PREFIX: Final = "/pay/"
PAYMENT_METHODS: Final = "/pay/2024-1/payment-methods"
SEPA_DIRECT_DEBIT: Final = PAYMENT_METHODS + "/sepa-direct-debit"
PAYMENT_METHOD_ID: Final = "paymentMethodId"
PAYMENT_METHOD: Final = f"{PAYMENT_METHODS}/{{{PAYMENT_METHOD_ID}}}"


def payment_method_path(account: AccountId) -> bytes:
    """Return the path of a payment method."""
    return f"{PAYMENT_METHODS}/{payment_method_id(account)}".encode()


def payment_method_url(request: Request, account: AccountId) -> bytes:
    """Return the URL under which whoever sent ``request`` finds a payment method.

    It begins with the setting ``public_url``. A server without one is on loopback only
    (`lastschrift.main` refuses anything else), and there it begins as the request's own did. A
    request that names no host (HTTP/1.0) gets the path alone (RFC 9110 §10.2.2 allows it).
    """
    path = payment_method_path(account)
    if request.edge.public_url is not None:
        return request.edge.public_url.encode() + path
    host = request.header(b"host")
    if not host:
        return path
    scheme: str = request.scope["scheme"]
    return b"%s://%s%s" % (scheme.encode(), host, path)
