"""From PACE's requests to commands made of domain values, or all problems at once."""

from functools import partial

from msgspec import UNSET, UnsetType

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
_ADDRESS: Path = (*ATTRIBUTES_PATH, "address")
_NAMES: tuple[Path, ...] = ((*ATTRIBUTES_PATH, "firstName"), (*ATTRIBUTES_PATH, "lastName"))


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
    iban = problems.check((*ATTRIBUTES_PATH, "iban"), parse_sepa_iban, resource.attributes.iban)
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
        bic=None if bank is None or bank.bic is None else str(bank.bic),
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
        problems.note((*ATTRIBUTES_PATH, "kind"), WrongKind(f'"{KIND}"'))


# --- the holder -----------------------------------------------------------------------------------


def _holder(attributes: AttributesRequest, problems: Problems) -> Party:
    """Return who holds the account: a company, else a person; neither is required."""

    def name(member: str, value: str | UnsetType) -> str | None:
        return problems.check((*ATTRIBUTES_PATH, member), _name, value)

    is_company = bool(attributes.company and not is_blank(attributes.company))
    if is_company:
        problems[:] = [problem for problem in problems if problem.path not in _NAMES]
    return Party(
        title=name("title", attributes.title),
        given_name=None if is_company else name("firstName", attributes.first_name),
        family_name=None if is_company else name("lastName", attributes.last_name),
        company=name("company", attributes.company),
        email=problems.check((*ATTRIBUTES_PATH, "email"), _email, attributes.email),
        address=_address(attributes.address, problems) if attributes.address else None,
    )


def _address(address: AddressRequest, problems: Problems) -> Address:
    return Address(
        street=problems.check((*_ADDRESS, "street"), _street, address.street),
        building_number=problems.check((*_ADDRESS, "houseNo"), _house_no, address.house_no),
        post_code=problems.check((*_ADDRESS, "postalCode"), _postal_code, address.postal_code),
        town=problems.check((*_ADDRESS, "city"), _city, address.city),
        country=problems.check((*_ADDRESS, "countryCode"), _country, address.country_code),
    )


# --- texts ----------------------------------------------------------------------------------------


def _required(text: str, *, characters_max: int) -> str:
    if is_blank(text):
        raise Missing
    return latin_text(text, characters_max=characters_max)


def _optional(text: str, *, characters_max: int) -> str | None:
    """Return a text, or None if it says nothing: an empty one counts as absent."""
    return None if is_blank(text) else latin_text(text, characters_max=characters_max)


_name = partial(_optional, characters_max=NAME_CHARACTERS_MAX)
_street = partial(_required, characters_max=STREET_CHARACTERS_MAX)
_house_no = partial(_required, characters_max=HOUSE_NO_CHARACTERS_MAX)
_postal_code = partial(_required, characters_max=POSTAL_CODE_CHARACTERS_MAX)
_city = partial(_required, characters_max=CITY_CHARACTERS_MAX)


def _email(text: str) -> str | None:
    written = _optional(text, characters_max=EMAIL_CHARACTERS_MAX)
    return None if written is None else email_address(written)


def _country(text: str) -> str:
    if is_blank(text):
        raise Missing
    return country_code(text)
