"""How facts are told on PACE's wire."""

import json
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import pytest

from lastschrift.apis.pace.errors import ERRORS
from lastschrift.apis.pace.refusals import (
    FilterRefused,
    QueryNotSupported,
    ResourceIdWrong,
    ResourceTypeWrong,
)
from lastschrift.domain.access import Scope
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    BankAccountManaged,
    BankAccountUnknown,
    DebtorAccessDenied,
    DomainError,
    FieldProblem,
    IdentityNotLinked,
    Invalid,
    NotAllowed,
    QueueFull,
    ScopeMissing,
    TokenMissing,
    TokenRefused,
)
from lastschrift.domain.iban import Iban, IbanCheckDigitsWrong
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.refusals import (
    ControlCharacter,
    CountryUnknown,
    DateMalformed,
    EmailMalformed,
    Missing,
    NotLatin,
    NumberOutOfRange,
    TooLong,
    ValueRefused,
    WrongKind,
)
from lastschrift.domain.sepa import OutsideSepa
from lastschrift.web.errors import (
    BodyMalformed,
    BodyTooLarge,
    MediaTypeUnsupported,
    MethodUnknown,
    NotAcceptable,
    QueryMalformed,
    RouteUnknown,
    Unexpected,
)
from tests.apis.pace_bodies import SEED_ID

ErrorObject = Mapping[str, object]

STATUSES: Sequence[tuple[DomainError, int, str]] = [
    (TokenMissing(), 401, "1000"),
    (TokenRefused(), 401, "1000"),
    (IdentityNotLinked(), 401, "missing-linked-identity"),
    (DebtorAccessDenied(DebtorId(UUID(int=1))), 401, "missing-linked-identity"),
    (ScopeMissing([Scope.PACE_READ]), 403, "1000"),
    (NotAllowed(), 403, "1000"),
    (BankAccountManaged(), 403, "1000"),
    (RouteUnknown(), 404, "1000"),
    (BankAccountUnknown(), 404, "1000"),
    (MethodUnknown(["POST"]), 405, "1000"),
    (NotAcceptable(), 406, "1000"),
    (MediaTypeUnsupported(), 415, "1000"),
    (BodyTooLarge(65_536), 413, "1000"),
    (BodyMalformed("the body is no JSON"), 400, "1000"),
    (QueryMalformed(), 400, "1000"),
    (Invalid(), 422, "provider:invalid-content"),
    (AccountIdTaken(), 409, "1000"),
    (ResourceTypeWrong(), 409, "1000"),
    (ResourceIdWrong(), 409, "1000"),
    (QueueFull(), 503, "1001"),
    (Unexpected("0" * 32), 500, "1000"),
]

CODES = [
    (Missing(), "provider:invalid-content"),
    (WrongKind("text"), "provider:invalid-content"),
    (IbanCheckDigitsWrong(), "provider:invalid-content"),
    (EmailMalformed(), "provider:invalid-content"),
    (CountryUnknown(), "provider:invalid-content"),
    (DateMalformed(), "provider:invalid-content"),
    (OutsideSepa("TR"), "provider:card-not-usable"),
    (NotLatin(), "invalid-charset"),
    (ControlCharacter(), "invalid-charset"),
    (TooLong(70), "too-long"),
]


def errors_of(fact: DomainError) -> list[ErrorObject]:
    return cast("list[ErrorObject]", json.loads(ERRORS.answer(fact).body)["errors"])


def error_of(fact: DomainError) -> ErrorObject:
    (error,) = errors_of(fact)
    return error


def headers_of(fact: DomainError) -> dict[bytes, bytes]:
    return dict(ERRORS.answer(fact).headers)


def problem(*path: str, reason: ValueRefused) -> FieldProblem:
    return FieldProblem(path, reason)


@pytest.mark.parametrize(("fact", "status", "code"), STATUSES)
def test_each_fact_has_its_status_and_code(fact: DomainError, status: int, code: str) -> None:
    error = error_of(fact)
    assert ERRORS.answer(fact).status == status
    assert error["status"] == str(status)
    assert error["code"] == code
    assert error.keys() <= {"id", "status", "code", "title", "detail", "source"}


@pytest.mark.parametrize(("reason", "code"), CODES)
def test_each_refusal_has_its_code(reason: ValueRefused, code: str) -> None:
    error = error_of(Invalid([problem("data", "attributes", "x", reason=reason)]))
    assert error["code"] == code
    assert error["source"] == {"pointer": "/data/attributes/x"}


def test_a_codes_title_is_always_the_same() -> None:
    facts = [fact for fact, _, _ in STATUSES]
    facts += [Invalid([problem("x", reason=reason)]) for reason, _ in CODES]
    pairs = {(error["code"], error["title"]) for fact in facts for error in errors_of(fact)}
    assert len(pairs) == len({code for code, _ in pairs})
    assert len(pairs) == len({title for _, title in pairs})


def test_each_field_at_fault_is_an_error_with_an_id_of_its_own() -> None:
    fact = Invalid(
        [problem("data", "id", reason=Missing()), problem("data", "x", reason=Missing())]
    )
    first, second = errors_of(fact)
    assert first["source"] == {"pointer": "/data/id"}
    assert first["detail"] == "id is missing or empty"
    assert second["source"] == {"pointer": "/data/x"}
    assert first["id"] != second["id"]


def test_a_missing_linked_identity_is_told_to_the_letter_of_the_document() -> None:
    error = dict(error_of(IdentityNotLinked()))
    del error["id"]
    assert error == {
        "title": "Missing linked identity for authorized access",
        "detail": "Linked identity is needed to access this resource, "
        "please check why the user does not have a linked identity",
        "status": "401",
        "code": "missing-linked-identity",
    }


@pytest.mark.parametrize("fact", [TokenMissing(), TokenRefused()])
def test_a_bad_token_is_answered_with_a_challenge(fact: DomainError) -> None:
    assert headers_of(fact)[b"www-authenticate"] == b'Bearer error="invalid_token"'


def test_a_good_token_without_a_payer_is_not_called_invalid() -> None:
    assert headers_of(IdentityNotLinked())[b"www-authenticate"] == b'Bearer realm="lastschrift"'


def test_a_missing_scope_is_named() -> None:
    fact = ScopeMissing([Scope.PACE_CREATE, Scope.PACE_CREATE_SEPA])
    challenge = b'Bearer error="insufficient_scope", scope="pay:payment-methods:create"'
    assert headers_of(fact)[b"www-authenticate"] == challenge
    assert str(error_of(fact)["detail"]).endswith(
        "pay:payment-methods:create or pay:payment-methods:create:sepa"
    )


def test_an_account_that_is_registered_already_is_elsewhere() -> None:
    iban = Iban.parse("DE89370400440532013000")
    answer = ERRORS.answer(BankAccountAlreadyRegistered(AccountId(UUID(SEED_ID)), iban))
    assert answer.status == 303
    assert answer.body == b""
    assert dict(answer.headers) == {b"location": f"/pay/2024-1/payment-methods/{SEED_ID}".encode()}


@pytest.mark.parametrize(
    ("fact", "source"),
    [
        (AccountIdTaken(), {"pointer": "/data/id"}),
        (ResourceTypeWrong(), {"pointer": "/data/type"}),
        (ResourceIdWrong(), {"pointer": "/data/id"}),
        (BankAccountUnknown(), {"parameter": "paymentMethodId"}),
    ],
)
def test_the_place_at_fault_is_told(fact: DomainError, source: object) -> None:
    assert error_of(fact)["source"] == source


@pytest.mark.parametrize(
    ("kind", "status"), [(QueryNotSupported, 400), (FilterRefused, 422)], ids=["400", "422"]
)
def test_each_parameter_at_fault_is_an_error(kind: type[Invalid], status: int) -> None:
    fact = kind(
        [problem("page[size]", reason=NumberOutOfRange(1, 100)), problem("x", reason=Missing())]
    )
    first, second = errors_of(fact)
    assert ERRORS.answer(fact).status == status
    assert first["source"] == {"parameter": "page[size]"}
    assert first["detail"] == "page[size] must be a whole number from 1 to 100"
    assert (first["status"], first["code"]) == (str(status), "1000")
    assert second["source"] == {"parameter": "x"}


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert headers_of(MethodUnknown(["DELETE", "GET"]))[b"allow"] == b"DELETE, GET"


def test_overload_says_when_to_come_again() -> None:
    assert headers_of(QueueFull(7))[b"retry-after"] == b"7"


def test_of_what_is_unexpected_only_the_id_is_told() -> None:
    error = error_of(Unexpected("0123456789abcdef" * 2))
    assert error["id"] == "0123456789abcdef" * 2
    assert error["detail"] == "Internal error"
