"""secuconnect's words for errors: an exception's name, English details, a German sentence."""

import re
import secrets

import msgspec

from lastschrift.apis.secuconnect.ids import CUSTOMER, customer_id
from lastschrift.apis.secuconnect.models import ProductError
from lastschrift.apis.secuconnect.reasons import reason_in_words
from lastschrift.apis.secuconnect.refusals import CustomerIdIncorrect, CustomerUnknown
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    Conflict,
    DebtorAccessDenied,
    IdempotencyKeyTaken,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RequestStillRunning,
    ResultDeleted,
    ScopeMissing,
    ScrollUnknown,
    SearchTooBroad,
    Unavailable,
)
from lastschrift.web.errors import (
    BodyMalformed,
    BodyTooLarge,
    ErrorTable,
    MethodUnknown,
    QueryMalformed,
    TooManyAttempts,
    Unexpected,
)
from lastschrift.web.http import Header, Response

_USER_TEXT = "Es ist ein unbekannter Fehler aufgetreten"
_TOKEN_REQUIRED_CODE = 2003
_CUSTOMER_SHOWN_MAX = 40
_NO_ID_SYMBOL = re.compile(r"\W", re.ASCII)


def _product_error(
    status: int,
    error: str,
    details: str,
    *headers: Header,
    code: int = 0,
    support_id: str | None = None,
) -> Response:
    """Return an error in the documented shape; ``code`` other than 0 also shows in the sentence."""
    answer = ProductError(
        status="error",
        error=error,
        error_details=details,
        error_user=f"{_USER_TEXT} (Code {code})" if code else _USER_TEXT,
        code=code,
        support_id=support_id or secrets.token_hex(16),
    )
    return Response(status, msgspec.json.encode(answer), headers)


def _duplicate(error: BankAccountAlreadyRegistered) -> Response:
    """Say it to the letter of the document: the one error that names an IBAN."""
    details = f"Container with IBAN {error.iban.reveal()} for customer already exists"
    return _product_error(409, "ProductDuplicateException", details)


def _invalid(error: Invalid) -> Response:
    details = "; ".join(
        f"{'.'.join(problem.path)}: {reason_in_words(problem.reason)}" for problem in error.problems
    )
    return _product_error(422, "ProductFormatException", details or "Wrong request")


def _customer_denied(shown: str) -> Response:
    details = f"Referenced customer access denied {shown}".rstrip()
    return _product_error(403, "ProductNotAllowedException", details)


def _customer_unknown(error: CustomerUnknown) -> Response:
    """Show what was sent if it was meant for an id: else it may be a name, or an IBAN."""
    if not error.customer.startswith(CUSTOMER):
        return _customer_denied("")
    return _customer_denied(_NO_ID_SYMBOL.sub("", error.customer)[:_CUSTOMER_SHOWN_MAX])


def _method_unknown(error: MethodUnknown) -> Response:
    allow = (b"allow", ", ".join(error.allowed).encode())
    return _product_error(405, "ProductFormatException", "Method not known here", allow)


def _still_running(error: RequestStillRunning) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    details = "The request with this idempotency key is still running, please try again"
    return _product_error(409, "ProductInternalException", details, wait)


def _too_many_attempts(error: TooManyAttempts) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    details = "Too many attempts failed, please wait"
    return _product_error(429, "ProductInternalException", details, wait)


def _unavailable(error: Unavailable) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return _product_error(503, "ProductInternalException", "Please try again", wait)


ERRORS: ErrorTable[Response] = ErrorTable(
    {
        BankAccountAlreadyRegistered: _duplicate,
        IdempotencyKeyTaken: lambda _: _product_error(
            422, "ProductFormatException", "This idempotency key was used for another request"
        ),
        RequestStillRunning: _still_running,
        Conflict: lambda _: _product_error(409, "ProductDuplicateException", "Exists already"),
        BodyTooLarge: lambda error: _product_error(
            413, "ProductFormatException", f"The body has more than {error.bytes_max} bytes"
        ),
        BodyMalformed: lambda error: _product_error(
            422, "ProductFormatException", f"Wrong body: {error.detail}"
        ),
        QueryMalformed: lambda _: _product_error(422, "ProductFormatException", "Wrong query"),
        MethodUnknown: _method_unknown,
        SearchTooBroad: lambda _: _product_error(
            422, "ProductFormatException", "This list takes too long to find: narrow the query"
        ),
        Invalid: _invalid,
        ResultDeleted: lambda _: _product_error(
            404,
            "ProductNotFoundException",
            "What was created with this idempotency key has been deleted since",
        ),
        ScrollUnknown: lambda _: _product_error(
            404, "ProductNotFoundException", "Unknown scroll_id, or its time is over"
        ),
        NotFound: lambda _: _product_error(404, "ProductNotFoundException", "Unknown id"),
        CustomerUnknown: _customer_unknown,
        CustomerIdIncorrect: lambda _: _product_error(
            403, "ProductNotAllowedException", "incorrect customer id"
        ),
        DebtorAccessDenied: lambda error: _customer_denied(customer_id(error.debtor_id)),
        ScopeMissing: lambda _: _product_error(403, "ProductNotAllowedException", "access denied"),
        NotAllowed: lambda _: _product_error(403, "ProductNotAllowedException", "access denied"),
        TooManyAttempts: _too_many_attempts,
        NotAuthenticated: lambda _: _product_error(
            403,
            "ProductNotAllowedException",
            "Valid auth token required",
            code=_TOKEN_REQUIRED_CODE,
        ),
        Unavailable: _unavailable,
        Unexpected: lambda error: _product_error(
            500, "ProductInternalException", "Internal error", support_id=error.support_id
        ),
    }
)
