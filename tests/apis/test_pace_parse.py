"""What PACE's requests mean, and everything that can be wrong with one, told at once."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.pace.parse import parse_create_payment_method
from lastschrift.apis.pace.refusals import ResourceTypeWrong
from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import Invalid
from lastschrift.domain.iban import (
    Iban,
    IbanCheckDigitsWrong,
    IbanCountryUnknown,
    IbanEmpty,
    IbanWrongCharacter,
)
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.refusals import (
    ControlCharacter,
    CountryUnknown,
    EmailMalformed,
    Missing,
    NotLatin,
    TooLong,
    ValueRefused,
    WrongKind,
)
from lastschrift.domain.sepa import OutsideSepa
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.web.errors import BodyMalformed
from tests.apis.pace_bodies import LEFT_OUT, SEED_ATTRIBUTES, SEED_ID, create_body

PAYER = DebtorRef(DebtorId(UUID(int=3)), DebtorKind.SERVICE_IDENTITY)
PRINCIPAL = Principal(
    contract_id=ContractId(UUID(int=1)),
    client_id=ClientId(UUID(int=2)),
    debtor=PAYER,
    scopes=frozenset({Scope.PACE_CREATE}),
    expires=datetime(2026, 1, 1, tzinfo=UTC),
)

Refusals = dict[str, type[ValueRefused]]

LONGEST = {
    "title": 70,
    "firstName": 70,
    "lastName": 70,
    "company": 70,
    "street": 70,
    "houseNo": 16,
    "postalCode": 16,
    "city": 35,
}
ADDRESS_PARTS = ("street", "houseNo", "postalCode", "city", "countryCode")
NAMES = ("title", "firstName", "lastName", "company")


def parse(body: bytes) -> RegisterBankAccount:
    return parse_create_payment_method(body, PRINCIPAL)


def refusals(body: bytes) -> Refusals:
    """Return what is refused, by the last part of its path."""
    with pytest.raises(Invalid) as refused:
        parse(body)
    found = {problem.path[-1]: type(problem.reason) for problem in refused.value.problems}
    assert len(found) == len(refused.value.problems)
    return found


def with_member(name: str, value: object) -> bytes:
    """Return the seed's body with another value of an attribute or a part of the address."""
    if name in ADDRESS_PARTS:
        return create_body(address={name: value})
    if name in {"firstName", "lastName"}:  # with a company they would not be looked at
        return create_body(attributes={"company": LEFT_OUT, name: value})
    return create_body(attributes={name: value})


# --- what a request means -------------------------------------------------------------------------


def test_the_seeds_request_is_understood_whole() -> None:
    assert parse(create_body()) == RegisterBankAccount(
        contract_id=PRINCIPAL.contract_id,
        client_id=PRINCIPAL.client_id,
        debtor=PAYER,
        account_id=parse(create_body()).account_id,
        iban=Iban.parse("DE89370400440532013000"),
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="Clean House GmbH",
        holder=Party(
            title="Prof. Dr.",
            company="Clean House GmbH",
            email="jon.smith@example.com",
            address=Address(
                street="Haid-und-Neu-Str.",
                building_number="18",
                post_code="76131",
                town="Karlsruhe",
                country="DE",
            ),
        ),
    )


def test_unknown_members_are_ignored() -> None:
    body = create_body(attributes={"nickname": 5}, address={"planet": []}, meta={"x": None})
    assert parse(body) == parse(create_body())


def test_an_account_at_an_unlisted_bank_has_neither_bic_nor_bank_name() -> None:
    command = parse(create_body(attributes={"iban": "DE79000000001234567890"}))
    assert command.bic is None
    assert command.bank_name is None


@pytest.mark.parametrize("iban", ["de89370400440532013000", " DE89\t3704 0044\u00a00532013000 "])
def test_blanks_and_letter_case_of_the_iban_do_not_matter(iban: str) -> None:
    assert parse(create_body(attributes={"iban": iban})) == parse(create_body())


def test_a_country_code_is_kept_in_capitals() -> None:
    holder = parse(create_body(address={"countryCode": "at"})).holder
    assert holder is not None
    assert holder.address is not None
    assert holder.address.country == "AT"


# --- the id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [SEED_ID, SEED_ID.upper(), "00000000-0000-0000-0000-000000000000"])
def test_the_client_chooses_the_id(text: str) -> None:
    assert parse(create_body(id=text)).account_id == UUID(text)


@pytest.mark.parametrize("absent", [LEFT_OUT, ""])
def test_without_an_id_the_server_chooses_one(absent: object) -> None:
    assert parse(create_body(id=absent)).account_id is None


@pytest.mark.parametrize(
    "text", ["x", " ", SEED_ID.replace("-", ""), f"{{{SEED_ID}}}", SEED_ID + "\n", 5, None]
)
def test_what_is_no_uuid_is_no_id(text: object) -> None:
    assert refusals(create_body(id=text)) == {"id": WrongKind}


# --- the holder -----------------------------------------------------------------------------------


def test_with_a_company_the_names_are_not_looked_at() -> None:
    names = {"firstName": 5, "lastName": "x" * 71}
    assert parse(create_body(attributes=names)) == parse(create_body())


def test_with_a_company_the_title_is_kept_and_looked_at() -> None:
    assert refusals(create_body(attributes={"title": 5})) == {"title": WrongKind}


@pytest.mark.parametrize("company", [LEFT_OUT, "", "  "])
def test_without_a_company_the_person_is_the_owner(company: object) -> None:
    command = parse(create_body(attributes={"company": company}))
    assert command.owner == "Jon Smith"
    assert command.holder is not None
    assert command.holder.given_name == "Jon"
    assert command.holder.family_name == "Smith"


def test_neither_names_nor_company_are_needed() -> None:
    names = dict.fromkeys(NAMES, LEFT_OUT)
    command = parse(create_body(attributes={**names, "email": LEFT_OUT}))
    assert command.owner is None
    assert command.holder is not None
    assert command.holder.email is None


@pytest.mark.parametrize("name", ["title", "firstName", "lastName", "company", "email"])
@pytest.mark.parametrize("blank", ["", " \u00a0"])
def test_an_optional_attribute_that_says_nothing_counts_as_absent(name: str, blank: str) -> None:
    absent = {"company": LEFT_OUT, name: LEFT_OUT}
    assert parse(with_member(name, blank)) == parse(
        create_body(attributes=absent if name in {"firstName", "lastName"} else {name: LEFT_OUT})
    )


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kind", "iban", "address", *ADDRESS_PARTS])
def test_a_required_attribute_that_is_missing_is_one_problem(name: str) -> None:
    assert refusals(with_member(name, LEFT_OUT)) == {name: Missing}


@pytest.mark.parametrize("name", ADDRESS_PARTS)
@pytest.mark.parametrize("blank", ["", "  ", "\u2003"])
def test_a_required_attribute_that_says_nothing_counts_as_missing(name: str, blank: str) -> None:
    assert refusals(with_member(name, blank)) == {name: Missing}


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_iban_that_says_nothing_counts_as_missing(blank: str) -> None:
    assert refusals(with_member("iban", blank)) == {"iban": IbanEmpty}


@pytest.mark.parametrize("name", ["kind", "iban", "email", *NAMES, *ADDRESS_PARTS])
@pytest.mark.parametrize("value", [None, 5, True, ["x"], {"x": "y"}])
def test_a_value_of_another_kind_is_refused(name: str, value: object) -> None:
    assert refusals(with_member(name, value)) == {name: WrongKind}


@pytest.mark.parametrize("address", [None, "Haid-und-Neu-Str. 18", 5, []])
def test_an_address_that_is_no_object_is_one_problem(address: object) -> None:
    assert refusals(create_body(attributes={"address": address})) == {"address": WrongKind}


@pytest.mark.parametrize("kind", ["paypal", "SEPA", ""])
def test_another_kind_of_payment_method_is_refused(kind: str) -> None:
    assert refusals(with_member("kind", kind)) == {"kind": WrongKind}


@pytest.mark.parametrize(
    ("iban", "reason"),
    [
        ("DE88370400440532013000", IbanCheckDigitsWrong),
        ("DE89-3704-0044-0532-0130-00", IbanWrongCharacter),
        ("US64SVBKUS6S3300958879", IbanCountryUnknown),
        ("TR330006100519786457841326", OutsideSepa),
    ],
)
def test_an_account_that_cannot_be_debited_is_refused(
    iban: str, reason: type[ValueRefused]
) -> None:
    assert refusals(with_member("iban", iban)) == {"iban": reason}


@pytest.mark.parametrize("email", ["jon.smith", "jon@smith", "jon@@example.com", "a b@example.com"])
def test_a_malformed_email_is_refused(email: str) -> None:
    assert refusals(with_member("email", email)) == {"email": EmailMalformed}


@pytest.mark.parametrize("code", ["XX", "XK", "DEU", "D", "Germany", "ﬁ", "D E"])
def test_what_is_no_country_code_is_refused(code: str) -> None:
    assert refusals(with_member("countryCode", code)) == {"countryCode": CountryUnknown}


@pytest.mark.parametrize("name", LONGEST)
def test_a_text_may_fill_its_place_and_no_more(name: str) -> None:
    parse(with_member(name, "x" * LONGEST[name]))
    assert refusals(with_member(name, "x" * (LONGEST[name] + 1))) == {name: TooLong}


def test_an_email_may_have_255_characters() -> None:
    domain = "@example.com"
    parse(with_member("email", "x" * (255 - len(domain)) + domain))
    assert refusals(with_member("email", "x" * (256 - len(domain)) + domain)) == {"email": TooLong}


def test_lengths_count_composed_characters() -> None:
    parse(with_member("city", "u\u0308" * 35))
    assert refusals(with_member("city", "u\u0308" * 36)) == {"city": TooLong}


@pytest.mark.parametrize("name", [*LONGEST, "email"])
def test_a_text_in_another_script_is_refused(name: str) -> None:
    assert refusals(with_member(name, "Київ")) == {name: NotLatin}


@pytest.mark.parametrize("name", [*LONGEST, "email"])
def test_a_text_with_a_control_character_is_refused(name: str) -> None:
    assert refusals(with_member(name, "x\ny")) == {name: ControlCharacter}


def test_all_that_is_wrong_is_told_at_once() -> None:
    body = create_body(
        id="x",
        type=LEFT_OUT,
        attributes={"kind": "x", "iban": "x", "title": "Ж", "email": 5, "lastName": None},
        address={"street": "x" * 71, "city": "", "houseNo": LEFT_OUT, "countryCode": "XX"},
    )
    assert refusals(body).keys() == {
        *("id", "type", "kind", "iban", "title", "email"),
        *("street", "city", "houseNo", "countryCode"),
    }


# --- the document ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"null",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": "x"}',
        b'{"data": {}} x',
    ],
)
def test_a_body_without_a_data_object_is_malformed(body: bytes) -> None:
    with pytest.raises(BodyMalformed):
        parse(body)


def test_an_empty_resource_lacks_type_and_attributes() -> None:
    assert refusals(b'{"data": {}}') == {"type": Missing, "attributes": Missing}


def test_empty_attributes_lack_all_that_is_required() -> None:
    body = b'{"data": {"type": "paymentMethod", "attributes": {}}}'
    assert refusals(body) == {"kind": Missing, "iban": Missing, "address": Missing}


@pytest.mark.parametrize("value", [None, 5, []])
def test_a_type_that_is_no_text_is_refused(value: object) -> None:
    assert refusals(create_body(type=value)) == {"type": WrongKind}


@pytest.mark.parametrize("value", ["payment-method", "PaymentMethod", ""])
def test_another_type_is_a_conflict(value: str) -> None:
    with pytest.raises(ResourceTypeWrong):
        parse(create_body(type=value))


def test_wrong_fields_are_told_before_another_type() -> None:
    assert refusals(create_body(type="x", id="x")) == {"id": WrongKind}


# --- anything at all ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = [*SEED_ATTRIBUTES, "address", *ADDRESS_PARTS]


@given(name=st.sampled_from(MEMBERS), value=JSON)
def test_any_value_of_any_member_is_taken_or_refused(name: str, value: object) -> None:
    with suppress(BodyMalformed, Invalid):
        parse(with_member(name, value))


@given(document=JSON)
def test_any_document_is_taken_or_refused(document: object) -> None:
    with suppress(BodyMalformed, Invalid, ResourceTypeWrong):
        parse(json.dumps({"data": document}).encode())
