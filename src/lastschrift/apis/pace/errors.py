"""PACE's words for errors: JSON:API error objects, each with an id, a code and a title.

The codes and what they stand for are documented; where the documents name none, it is 1000. The
title of a code never changes; what happened stands in ``detail``, where it happened in ``source``.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from lastschrift.apis.pace.ids import new_occurrence_id
from lastschrift.apis.pace.models import TYPE, ErrorObject, Errors, ErrorSource
from lastschrift.apis.pace.paths import PAYMENT_METHOD_ID, payment_method_path
from lastschrift.apis.pace.reasons import (
    INVALID_CHARSET,
    INVALID_CONTENT,
    NOT_USABLE,
    TOO_LONG,
    code_of,
    reason_in_words,
)
from lastschrift.apis.pace.refusals import (
    FilterRefused,
    QueryNotSupported,
    ResourceIdWrong,
    ResourceTypeWrong,
)
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    BankAccountManaged,
    BankAccountUnknown,
    Conflict,
    DebtorAccessDenied,
    DomainError,
    FieldProblem,
    IdentityNotLinked,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ScopeMissing,
    Unavailable,
)
from lastschrift.web.errors import (
    BodyMalformed,
    BodyTooLarge,
    ErrorTable,
    MediaTypeUnsupported,
    MethodUnknown,
    NotAcceptable,
    QueryMalformed,
    TooManyAttempts,
    Unexpected,
)
from lastschrift.web.http import Header, Response

_GENERIC: Final = "1000"
_UNAVAILABLE: Final = "1001"
_NOT_LINKED: Final = "missing-linked-identity"

_TITLES: Mapping[str, str] = {
    _GENERIC: "Generic error",
    _UNAVAILABLE: "Payment processing temporarily unavailable",
    _NOT_LINKED: "Missing linked identity for authorized access",
    INVALID_CONTENT: "An attribute is not accepted",
    NOT_USABLE: "The account can't be used",
    INVALID_CHARSET: "An attribute is not written in Latin characters",
    TOO_LONG: "An attribute is too long",
}


# --- error objects --------------------------------------------------------------------------------


def _error(
    status: int,
    detail: str,
    *headers: Header,
    code: str = _GENERIC,
    source: ErrorSource | UnsetType = UNSET,
) -> Response:
    """Return an answer with one error."""
    return _answer(status, [_error_object(status, code, detail, source)], headers)


def _error_object(
    status: int, code: str, detail: str, source: ErrorSource | UnsetType = UNSET
) -> ErrorObject:
    return ErrorObject(
        id=new_occurrence_id().decode(),
        status=str(status),
        code=code,
        title=_TITLES[code],
        detail=detail,
        source=source,
    )


def _answer(status: int, errors: list[ErrorObject], headers: tuple[Header, ...] = ()) -> Response:
    return Response(status, msgspec.json.encode(Errors(errors)), headers)


def _pointer(*path: str) -> ErrorSource:
    """Return a place in the body as a JSON Pointer (RFC 6901)."""
    return ErrorSource(pointer="/" + "/".join(path))


# --- the request ----------------------------------------------------------------------------------


def _invalid(error: Invalid) -> Response:
    """Name every field at fault, with one error for each."""
    if not error.problems:
        return _error(422, "The request is not valid", code=INVALID_CONTENT)
    return _answer(422, [_field_error(problem) for problem in error.problems])


def _field_error(problem: FieldProblem) -> ErrorObject:
    detail = f"{problem.path[-1]} {reason_in_words(problem.reason)}"
    return _error_object(422, code_of(problem.reason), detail, _pointer(*problem.path))


def _wrong_query(status: int) -> Callable[[Invalid], Response]:
    """Return what names every parameter of the query at fault, with one error for each."""

    def answer(error: Invalid) -> Response:
        return _answer(status, [_parameter_error(status, problem) for problem in error.problems])

    return answer


def _parameter_error(status: int, problem: FieldProblem) -> ErrorObject:
    (parameter,) = problem.path
    detail = f"{parameter} {reason_in_words(problem.reason)}"
    return _error_object(status, _GENERIC, detail, ErrorSource(parameter=parameter))


def _method_unknown(error: MethodUnknown) -> Response:
    allow = (b"allow", ", ".join(error.allowed).encode())
    return _error(405, "There is no such method at this path", allow)


# --- the caller -----------------------------------------------------------------------------------


def _challenge(parameters: str) -> Header:
    """Return what tells a client which token it needs (RFC 6750 §3)."""
    return b"www-authenticate", f"Bearer {parameters}".encode()


def _token_refused(_fact: DomainError) -> Response:
    return _error(401, "A valid access token is needed", _challenge('error="invalid_token"'))


def _too_many_attempts(error: TooManyAttempts) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return _error(429, "Too many attempts failed, please wait", wait)


def _not_linked(_fact: DomainError) -> Response:
    """Say, to the letter of the document, that no payer stands behind the token.

    The token itself is good, so the challenge names no error: a new token would not help.
    """
    return _error(
        401,
        "Linked identity is needed to access this resource, "
        "please check why the user does not have a linked identity",
        _challenge('realm="lastschrift"'),
        code=_NOT_LINKED,
    )


def _scope_missing(error: ScopeMissing) -> Response:
    """Say which scopes would do; the challenge names the first, as RFC 6750 knows no "or"."""
    return _error(
        403,
        f"The access token needs the scope {' or '.join(error.needed)}",
        _challenge(f'error="insufficient_scope", scope="{error.needed[0]}"'),
    )


# --- what is kept ---------------------------------------------------------------------------------


def see_other(location: bytes) -> Response:
    """Tell that the payer's account is registered already, and where ("Already exists")."""
    return Response(303, headers=((b"location", location),))


def _id_taken(_fact: AccountIdTaken) -> Response:
    return _error(409, "This id is taken; a random UUID never is", source=_pointer("data", "id"))


# --- the server -----------------------------------------------------------------------------------


def _unavailable(error: Unavailable) -> Response:
    wait = (b"retry-after", b"%d" % error.retry_after_s)
    return _error(503, "Please try again", wait, code=_UNAVAILABLE)


def _unexpected(error: Unexpected) -> Response:
    """Tell nothing but the id under which it is logged."""
    failure = _error_object(500, _GENERIC, "Internal error")
    failure.id = error.support_id
    return _answer(500, [failure])


ERRORS: ErrorTable[Response] = ErrorTable(
    {
        NotAcceptable: lambda _: _error(406, "The answer is application/vnd.api+json"),
        MediaTypeUnsupported: lambda _: _error(
            415, "The body's Content-Type must be application/vnd.api+json, without parameters"
        ),
        BodyTooLarge: lambda error: _error(413, f"The body has more than {error.bytes_max} bytes"),
        BodyMalformed: lambda error: _error(400, f"Wrong body: {error.detail}"),
        QueryMalformed: lambda _: _error(400, "The query can't be read"),
        QueryNotSupported: _wrong_query(400),
        FilterRefused: _wrong_query(422),
        MethodUnknown: _method_unknown,
        Invalid: _invalid,
        IdentityNotLinked: _not_linked,
        DebtorAccessDenied: _not_linked,
        TooManyAttempts: _too_many_attempts,
        NotAuthenticated: _token_refused,
        ScopeMissing: _scope_missing,
        BankAccountManaged: lambda _: _error(
            403, "Only the client that registered this payment method may delete it"
        ),
        NotAllowed: lambda _: _error(403, "This is not allowed"),
        BankAccountUnknown: lambda _: _error(
            404,
            "There is no such payment method",
            source=ErrorSource(parameter=PAYMENT_METHOD_ID),
        ),
        NotFound: lambda _: _error(404, "There is nothing at this path"),
        # The handler, which knows the request, says the whole URL.
        BankAccountAlreadyRegistered: lambda error: see_other(
            payment_method_path(error.account_id)
        ),
        AccountIdTaken: _id_taken,
        ResourceTypeWrong: lambda _: _error(
            409, f"The type must be {TYPE}", source=_pointer("data", "type")
        ),
        ResourceIdWrong: lambda _: _error(
            409, "The id must be the one in the path", source=_pointer("data", "id")
        ),
        Conflict: lambda _: _error(409, "This contradicts what is kept already"),
        Unavailable: _unavailable,
        Unexpected: _unexpected,
    }
)
