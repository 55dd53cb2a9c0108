"""What a PATCH means: what is absent stays, null clears, and all that is wrong is told at once."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from lastschrift.apis.pace.parse_change import parse_change_payment_method
from lastschrift.apis.pace.refusals import ResourceIdWrong, ResourceTypeWrong
from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.bank_account import AuthorisationAttribute
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import DomainError, Invalid
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.refusals import (
    ControlCharacter,
    InstantMalformed,
    Missing,
    NumberOutOfRange,
    TooLong,
    TooMany,
    ValueRefused,
    WrongKind,
)
from lastschrift.operations.update_account_usage import UpdateAccountUsage
from lastschrift.web.errors import BodyMalformed
from tests.apis.pace_bodies import SEED_ID

ACCOUNT = AccountId(UUID(SEED_ID))
PAYER = DebtorRef(DebtorId(UUID(int=3)), DebtorKind.SERVICE_IDENTITY)
PRINCIPAL = Principal(
    contract_id=ContractId(UUID(int=1)),
    client_id=ClientId(UUID(int=2)),
    debtor=PAYER,
    scopes=frozenset({Scope.PACE_PATCH}),
    expires=datetime(2026, 1, 1, tzinfo=UTC),
)
ATTRIBUTES = ("data", "attributes")
MANDATORY = (*ATTRIBUTES, "mandatoryAuthorisationAttributes")


def parse(body: bytes) -> UpdateAccountUsage:
    return parse_change_payment_method(body, PRINCIPAL, PAYER, ACCOUNT)


def changing(**attributes: object) -> bytes:
    return document(attributes=attributes)


def document(**data: object) -> bytes:
    return json.dumps({"data": {"type": "paymentMethod", "id": SEED_ID, **data}}).encode()


def refusals(body: bytes) -> Mapping[tuple[str, ...], type[ValueRefused]]:
    with pytest.raises(Invalid) as refused:
        parse(body)
    found = {problem.path: type(problem.reason) for problem in refused.value.problems}
    assert len(found) == len(refused.value.problems)
    return found


def test_nothing_is_changed_that_is_not_named() -> None:
    unchanged = UpdateAccountUsage(
        contract_id=PRINCIPAL.contract_id,
        client_id=PRINCIPAL.client_id,
        debtor_id=PAYER.id,
        account_id=ACCOUNT,
        alias=UNSET,
        expiry=UNSET,
        authorisation=UNSET,
    )
    assert parse(changing()) == unchanged
    assert parse(document()) == unchanged
    assert parse(changing(iban="x", status=5)) == unchanged


@pytest.mark.parametrize(
    "cleared",
    [
        {"alias": None, "expiry": None, "mandatoryAuthorisationAttributes": None},
        {"alias": "", "expiry": "", "mandatoryAuthorisationAttributes": []},
        {"alias": " \u00a0", "expiry": " ", "mandatoryAuthorisationAttributes": []},
    ],
)
def test_null_and_nothing_clear(cleared: Mapping[str, object]) -> None:
    command = parse(changing(**cleared))
    assert (command.alias, command.expiry, command.authorisation) == (None, None, ())


def test_what_is_named_is_taken() -> None:
    command = parse(
        changing(
            alias="Mein Konto, die Familie: Семья",
            expiry="2027-12-31T23:59:59Z",
            mandatoryAuthorisationAttributes=[
                {"name": "vin", "regex": "[A-Z][0-9]+", "maxLength": 8},
                {"name": "mileage", "regex": " "},
            ],
        )
    )
    assert command.alias == "Mein Konto, die Familie: Семья"
    assert command.expiry == datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert command.authorisation == (
        AuthorisationAttribute(name="vin", regex="[A-Z][0-9]+", characters_max=8),
        AuthorisationAttribute(name="mileage"),
    )


@pytest.mark.parametrize(
    "text",
    ["2028-01-01T00:59:59+01:00", "2027-12-31t23:59:59z", "2027-12-31T23:59:59.999999Z"],
)
def test_an_instant_may_be_written_with_any_offset_and_fraction(text: str) -> None:
    assert parse(changing(expiry=text)).expiry == datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2027-12-31",
        "2027-12-31T23:59:59",
        "2027-12-31T23:59:60Z",
        "2027-02-30T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1830297599",
        "tomorrow",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert refusals(changing(expiry=text)) == {(*ATTRIBUTES, "expiry"): InstantMalformed}


@pytest.mark.parametrize(("name", "longest"), [("name", 70), ("regex", 255)], ids=["name", "regex"])
def test_texts_of_an_attribute_have_a_longest_length(name: str, longest: int) -> None:
    def attributes(length: int) -> bytes:
        attribute = {"name": "vin", name: "ä" * length}
        return changing(mandatoryAuthorisationAttributes=[attribute])

    parse(attributes(longest))
    assert refusals(attributes(longest + 1)) == {(*MANDATORY, "0", name): TooLong}


def test_an_alias_has_a_longest_length_and_no_controls() -> None:
    assert parse(changing(alias="ä" * 70)).alias == "ä" * 70
    assert refusals(changing(alias="ä" * 71)) == {(*ATTRIBUTES, "alias"): TooLong}
    assert refusals(changing(alias="a\u2028b")) == {(*ATTRIBUTES, "alias"): ControlCharacter}


@pytest.mark.parametrize("length", [1, 1000])
def test_a_length_may_be_so_much(length: int) -> None:
    attribute = {"name": "vin", "maxLength": length}
    (told,) = parse(changing(mandatoryAuthorisationAttributes=[attribute])).authorisation or ()
    assert told.characters_max == length


@pytest.mark.parametrize("length", [0, -1, 1001, 10**30])
def test_a_length_may_not_be_so_much(length: int) -> None:
    attribute = {"name": "vin", "maxLength": length}
    found = refusals(changing(mandatoryAuthorisationAttributes=[attribute]))
    assert set(found) == {(*MANDATORY, "0", "maxLength")}
    assert set(found.values()) <= {NumberOutOfRange, WrongKind}


def test_there_are_not_too_many_attributes() -> None:
    attributes = [{"name": f"a{number}"} for number in range(21)]
    parse(changing(mandatoryAuthorisationAttributes=attributes[:20]))
    assert refusals(changing(mandatoryAuthorisationAttributes=attributes)) == {MANDATORY: TooMany}


def test_every_field_at_fault_is_told_at_once() -> None:
    attributes = {
        "alias": 5,
        "expiry": True,
        "mandatoryAuthorisationAttributes": [{"regex": None}, "vin", {"name": ""}, None],
    }
    assert refusals(document(id="x", type=None, attributes=attributes)) == {
        ("data", "id"): WrongKind,
        ("data", "type"): WrongKind,
        (*ATTRIBUTES, "alias"): WrongKind,
        (*ATTRIBUTES, "expiry"): WrongKind,
        (*MANDATORY, "0", "name"): Missing,
        (*MANDATORY, "0", "regex"): WrongKind,
        (*MANDATORY, "1"): WrongKind,
        (*MANDATORY, "2", "name"): Missing,
        (*MANDATORY, "3"): WrongKind,
    }


@pytest.mark.parametrize("attributes", [5, "alias", [], None])
def test_attributes_are_an_object(attributes: object) -> None:
    assert refusals(document(attributes=attributes)) == {ATTRIBUTES: WrongKind}


def test_the_resource_must_be_the_one_in_the_path() -> None:
    with pytest.raises(ResourceTypeWrong):
        parse(document(type="paymentMethods", id=str(UUID(int=5))))
    with pytest.raises(ResourceIdWrong):
        parse(document(id=str(UUID(int=5))))
    assert parse(document(id=SEED_ID.upper())).account_id == ACCOUNT


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": null}', b'{"data": []}'])
def test_what_is_no_document_is_malformed(body: bytes) -> None:
    with pytest.raises(BodyMalformed):
        parse(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_ATTRIBUTE = st.fixed_dictionaries({}, optional={"name": _JSON, "regex": _JSON, "maxLength": _JSON})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "alias": _JSON,
            "expiry": _JSON | st.datetimes().map(datetime.isoformat),
            "mandatoryAuthorisationAttributes": _JSON | st.lists(_ATTRIBUTE, max_size=3),
        },
    )
)
def test_any_attributes_are_understood_or_refused(attributes: Mapping[str, object]) -> None:
    with suppress(DomainError):
        parse(changing(**attributes))
