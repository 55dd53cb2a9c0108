"""From secuconnect's requests to commands made of domain values, or all problems at once."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct

from lastschrift.apis.secuconnect.dates import parse_birth_date
from lastschrift.apis.secuconnect.ids import parse_customer_id
from lastschrift.apis.secuconnect.models import (
    BANK_ACCOUNT,
    COUNT_DEFAULT,
    COUNT_MAX,
    NAME_CHARACTERS_MAX,
    OFFSET_MAX,
    TEXT_CHARACTERS_MAX,
    AddressRequest,
    BankDetailsRequest,
    ContactRequest,
    ContainerRequest,
    CustomerReference,
    CustomerRequest,
    IbanValidationRequest,
)
from lastschrift.apis.secuconnect.refusals import CustomerUnknown
from lastschrift.domain.access import Principal
from lastschrift.domain.banks import find_bank
from lastschrift.domain.bic import Bic
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import FieldProblem, Invalid
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.refusals import Missing, NotTogether, NumberOutOfRange, WrongKind
from lastschrift.domain.sepa import parse_sepa_iban
from lastschrift.domain.text import clean_text
from lastschrift.operations.ports import Page
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.operations.register_debtor import RegisterDebtor
from lastschrift.operations.update_bank_account import UpdateBankAccount
from lastschrift.operations.update_debtor import UpdateDebtor
from lastschrift.web.reading import BodyReader, Problems

_name = partial(clean_text, characters_max=NAME_CHARACTERS_MAX)
_text = partial(clean_text, characters_max=TEXT_CHARACTERS_MAX)

_CUSTOMER = BodyReader(CustomerRequest)
_CONTAINER = BodyReader(ContainerRequest)
_VALIDATION = BodyReader(IbanValidationRequest)


# --- customers ------------------------------------------------------------------------------------


def parse_create_customer(body: bytes, principal: Principal) -> RegisterDebtor:
    """Return the debtor to be kept.

    Raises: BodyMalformed; Invalid with every field at fault.
    """
    return RegisterDebtor(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        contact=_read_contact(body),
    )


def parse_update_customer(body: bytes, principal: Principal, debtor: DebtorId) -> UpdateDebtor:
    """Return what takes the place of a debtor's contact data.

    Raises: as `parse_create_customer`.
    """
    return UpdateDebtor(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor_id=debtor,
        contact=_read_contact(body),
    )


def _read_contact(body: bytes) -> Party:
    request, problems = _CUSTOMER.read(body)
    contact = _contact(request.contact, problems) if request.contact else Party()
    problems.raise_if_any()
    return contact


def _contact(contact: ContactRequest, problems: Problems) -> Party:
    def name(member: str, value: str | None) -> str | None:
        return problems.check(("contact", member), _name, value)

    def text(member: str, value: str | None) -> str | None:
        return problems.check(("contact", member), _text, value)

    return Party(
        salutation=text("salutation", contact.salutation),
        title=text("title", contact.title),
        given_name=name("forename", contact.forename),
        family_name=name("surname", contact.surname),
        full_name=name("name", contact.name),
        company=name("companyname", contact.companyname),
        gender=text("gender", contact.gender),
        birth_date=problems.check(("contact", "dob"), parse_birth_date, contact.dob or None),
        birth_place=text("birthplace", contact.birthplace),
        nationality=text("nationality", contact.nationality),
        email=text("email", contact.email),
        phone=text("phone", contact.phone),
        mobile=text("mobile", contact.mobile),
        fax=text("fax", contact.fax),
        website=text("url_website", contact.url_website),
        picture=text("picture", contact.picture),
        address=_address(contact.address, problems) if contact.address else None,
    )


def _address(address: AddressRequest, problems: Problems) -> Address:
    def text(member: str, value: str | None) -> str | None:
        return problems.check(("contact", "address", member), _text, value)

    return Address(
        street=text("street", address.street),
        building_number=text("street_number", address.street_number),
        post_code=text("postal_code", address.postal_code),
        town=text("city", address.city),
        country=text("country", address.country),
        additional=text("additional_address_data", address.additional_address_data),
        kind=text("type", address.type),
    )


# --- containers -----------------------------------------------------------------------------------


class _BankAccount(Struct, frozen=True, kw_only=True, gc=False):
    """What a container's body comes to."""

    debtor: DebtorRef | None
    iban: Iban
    bic: str | None
    bank_name: str | None
    owner: str | None


def parse_create_container(body: bytes, principal: Principal) -> RegisterBankAccount:
    """Return the bank account to be kept.

    Raises: BodyMalformed; Invalid with every field at fault; CustomerUnknown.
    """
    read = _read_bank_account(body)
    return RegisterBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor=read.debtor,
        account_id=None,
        iban=read.iban,
        bic=read.bic,
        bank_name=read.bank_name,
        owner=read.owner,
        holder=None,
        managed_by=principal.manager,
    )


def parse_update_container(
    body: bytes, principal: Principal, account: AccountId
) -> UpdateBankAccount:
    """Return what takes the place of a bank account's data.

    Raises: as `parse_create_container`.
    """
    read = _read_bank_account(body)
    return UpdateBankAccount(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        account_id=account,
        debtor=read.debtor,
        iban=read.iban,
        bic=read.bic,
        bank_name=read.bank_name,
        owner=read.owner,
    )


def _read_bank_account(body: bytes) -> _BankAccount:
    request, problems = _CONTAINER.read(body)
    if request.type and request.type != BANK_ACCOUNT:
        problems.note(("type",), WrongKind(f'"{BANK_ACCOUNT}"'))
    customer = _customer_id(request, problems)
    details = request.private or BankDetailsRequest(iban="")
    iban = problems.check(("private", "iban"), parse_sepa_iban, details.iban)
    owner = problems.check(("private", "owner"), _name, details.owner)
    bic = problems.check(("private", "bic"), Bic.parse, details.bic) if details.bic else None
    problems.raise_if_any()
    if iban is None:
        raise Invalid([FieldProblem(("private", "iban"), Missing())])
    bank = find_bank(iban)
    found = None if bank is None else bank.bic
    return _BankAccount(
        debtor=None if customer is None else parse_customer(customer),
        iban=iban,
        bic=str(bic or found) if bic or found else None,
        bank_name=None if bank is None else bank.name,
        owner=owner,
    )


def _customer_id(request: ContainerRequest, problems: Problems) -> str | None:
    """Return the customer's id, in whichever of the four forms it was sent."""
    named = request.customer
    if isinstance(named, CustomerReference):
        named = named.id
    if named and request.customer_id and named != request.customer_id:
        problems.note(("customer_id",), NotTogether())
    return named or request.customer_id or None


def parse_customer(text: str) -> DebtorRef:
    """Return which debtor is meant where a container is given to a customer.

    Raises: CustomerUnknown.
    """
    debtor = parse_customer_id(text)
    if debtor is None:
        raise CustomerUnknown(text)
    return DebtorRef(debtor, DebtorKind.CUSTOMER)


def parse_validate_iban(body: bytes) -> IbanValidationRequest:
    """Return the IBAN to be looked at, as it was sent.

    Raises: BodyMalformed; Invalid.
    """
    request, problems = _VALIDATION.read(body)
    if isinstance(request.id, str):
        problems.check(("id",), _text, request.id)
    problems.raise_if_any()
    return request


# --- lists ----------------------------------------------------------------------------------------


def parse_page(query: Sequence[tuple[str, str]]) -> Page:
    """Return which part of a list is wanted; of a parameter that is there twice the last counts.

    Raises: Invalid.
    """
    problems = Problems()
    page = page_of(dict(query), problems)
    problems.raise_if_any()
    return page


def page_of(parameters: Mapping[str, str], problems: Problems) -> Page:
    """Return which part of a list is wanted, and note what is wrong with that."""

    def number(name: str, default: int, largest: int) -> int:
        text = parameters.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > largest:
            problems.note((name,), NumberOutOfRange(0, largest))
            return default
        return int(text)

    count = number("count", COUNT_DEFAULT, COUNT_MAX)
    offset = number("offset", 0, OFFSET_MAX)
    return Page(count, offset)
