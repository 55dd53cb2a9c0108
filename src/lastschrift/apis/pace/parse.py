"""From PACE's requests to commands made of domain values, or all problems at once."""

from collections.abc import Callable
from functools import partial

from msgspec import UNSET

from lastschrift.apis.pace.catalogue import KIND
from lastschrift.apis.pace.ids import parse_payment_method_id
from lastschrift.apis.pace.models import (
    CITY_CHARACTERS_MAX,
    EMAIL_CHARACTERS_MAX,
    HOUSE_NO_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    POSTAL_CODE_CHARACTERS_MAX,
    STREET_CHARACTERS_MAX,
    TYPE,
    AddressRequest,
    AttributesRequest,
    PaymentMethodRequest,
)
from lastschrift.apis.pace.refusals import ResourceTypeWrong
from lastschrift.domain.access import Principal
from lastschrift.domain.banks import find_bank
from lastschrift.domain.countries import country_code
from lastschrift.domain.errors import Invalid
from lastschrift.domain.identity import AccountId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.refusals import Missing, WrongKind
from lastschrift.domain.sepa import parse_sepa_iban
from lastschrift.domain.text import email_address, is_blank, latin_text
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader, Path, Problems

_BODY = BodyReader(PaymentMethodRequest)
ID_PATH: Path = ("data", "id")
ATTRIBUTES_PATH: Path = ("data", "attributes")


def _paths(*members: str, within: Path) -> list[Path]:
    return [(*within, member) for member in members]


_KIND, _IBAN, _EMAIL, _ADDRESS = _paths("kind", "iban", "email", "address", within=ATTRIBUTES_PATH)
_TITLE, _FIRST_NAME, _LAST_NAME, _COMPANY = _paths(
    "title", "firstName", "lastName", "company", within=ATTRIBUTES_PATH
)
_STREET, _HOUSE_NO, _POSTAL_CODE, _CITY, _COUNTRY_CODE = _paths(
    "street", "houseNo", "postalCode", "city", "countryCode", within=_ADDRESS
)


def parse_create_payment_method(body: bytes, principal: Principal) -> RegisterBankAccount:
    """Return the bank account to be kept.

    Raises, in this order: BodyMalformed; Invalid with every field at fault; ResourceTypeWrong.
    """
    document, problems = _BODY.read(body)
    resource = document.data
    if not resource:  # the reader leaves empty what is missing or of another kind
        raise BodyMalformed("there is no object data")
    chosen_id = problems.check(ID_PATH, account_id, resource.id or None)
    if not resource.attributes:
        raise Invalid(problems)
    _check_kind(resource.attributes, problems)
    iban = problems.check(_IBAN, parse_sepa_iban, resource.attributes.iban)
    holder = _holder(resource.attributes, problems)
    if problems or iban is None:
        raise Invalid(problems)
    if resource.type != TYPE:
        raise ResourceTypeWrong
    bank = find_bank(iban)
    return RegisterBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor=principal.debtor,
        account_id=chosen_id,
        iban=iban,
        bic=None if bank is None or bank.bic is None else bank.bic.text,
        bank_name=None if bank is None else bank.name,
        owner=holder.account_owner,
        holder=holder,
        managed_by=principal.manager,
    )


def account_id(text: str) -> AccountId:
    """Return the id that a body names.

    Raises: WrongKind.
    """
    account = parse_payment_method_id(text)
    if account is None:
        raise WrongKind("a UUID")
    return account


def _check_kind(attributes: AttributesRequest, problems: Problems) -> None:
    if attributes.kind not in (KIND, UNSET):
        problems.note(_KIND, WrongKind(f'"{KIND}"'))


# --- the holder -----------------------------------------------------------------------------------


def _holder(attributes: AttributesRequest, problems: Problems) -> Party:
    """Return who holds the account: a company, else a person; neither is required."""
    check = problems.check
    first_name, last_name = attributes.first_name, attributes.last_name
    if attributes.company and not is_blank(attributes.company):
        first_name = last_name = UNSET
        if problems:
            problems[:] = [each for each in problems if each.path not in (_FIRST_NAME, _LAST_NAME)]
    return Party(
        title=check(_TITLE, _name, attributes.title),
        given_name=check(_FIRST_NAME, _name, first_name),
        family_name=check(_LAST_NAME, _name, last_name),
        company=check(_COMPANY, _name, attributes.company),
        email=check(_EMAIL, _email, attributes.email),
        address=_address(attributes.address, problems) if attributes.address else None,
    )


def _address(address: AddressRequest, problems: Problems) -> Address:
    check = problems.check
    return Address(
        street=check(_STREET, _street, address.street),
        building_number=check(_HOUSE_NO, _house_no, address.house_no),
        post_code=check(_POSTAL_CODE, _postal_code, address.postal_code),
        town=check(_CITY, _city, address.city),
        country=check(_COUNTRY_CODE, _country, address.country_code),
    )


# --- texts ----------------------------------------------------------------------------------------


def _text_of(characters_max: int, *, is_required: bool) -> Callable[[str], str | None]:
    """Return what reads a text; one that says nothing counts as absent, None or `Missing`."""

    def read(text: str) -> str | None:
        is_short = 0 < len(text) <= characters_max
        if is_short and text.isascii() and text.isprintable() and not text.isspace():
            return text  # as most are, and sooner said
        if is_blank(text):
            if is_required:
                raise Missing
            return None
        return latin_text(text, characters_max=characters_max)

    return read


_required = partial(_text_of, is_required=True)
_optional = partial(_text_of, is_required=False)

_name = _optional(NAME_CHARACTERS_MAX)
_written_email = _optional(EMAIL_CHARACTERS_MAX)
_street = _required(STREET_CHARACTERS_MAX)
_house_no = _required(HOUSE_NO_CHARACTERS_MAX)
_postal_code = _required(POSTAL_CODE_CHARACTERS_MAX)
_city = _required(CITY_CHARACTERS_MAX)


def _email(text: str) -> str | None:
    written = _written_email(text)
    return None if written is None else email_address(written)


def _country(text: str) -> str:
    if is_blank(text):
        raise Missing
    return country_code(text)
