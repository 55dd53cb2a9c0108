"""From domain values to secuconnect's answers."""

from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from lastschrift.apis.secuconnect.dates import render_birth_date, render_instant
from lastschrift.apis.secuconnect.ids import container_id, contract_id, customer_id
from lastschrift.apis.secuconnect.models import (
    BANK_ACCOUNT,
    CONTAINERS,
    CONTRACTS,
    CUSTOMERS,
    AddressAnswer,
    BankDetailsAnswer,
    ContactAnswer,
    ContainerAnswer,
    ContainerList,
    CustomerAnswer,
    CustomerList,
    Reference,
)
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import ContractId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.ports import Listing
from lastschrift.web.http import Response

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()


# --- customers ------------------------------------------------------------------------------------


def render_customer(debtor: Debtor) -> Response:
    """Return a customer."""
    return _ok(_customer(debtor))


def render_customers(listing: Listing[Debtor]) -> Response:
    """Return a page of customers."""
    return _ok(CustomerList(count=listing.total, data=list(map(_customer, listing.items))))


def _customer(debtor: Debtor) -> CustomerAnswer:
    return CustomerAnswer(
        object=CUSTOMERS,
        id=customer_id(debtor.id),
        contract=_contract(debtor.contract_id),
        contact=_contact(debtor.contact),
        created=render_instant(debtor.created),
        updated=UNSET if debtor.updated is None else render_instant(debtor.updated),
    )


def _contact(party: Party) -> ContactAnswer:
    """Return contact data; ``name`` is forename and surname, or what was sent if there are none."""
    return ContactAnswer(
        forename=_known(party.given_name),
        surname=_known(party.family_name),
        companyname=_known(party.company),
        name=_known(party.personal_name or party.full_name),
        salutation=_known(party.salutation),
        title=_known(party.title),
        address=UNSET if party.address is None else _address(party.address),
        email=_known(party.email),
        mobile=_known(party.mobile),
        phone=_known(party.phone),
        dob=UNSET if party.birth_date is None else render_birth_date(party.birth_date),
        gender=_known(party.gender),
        fax=_known(party.fax),
        picture=_known(party.picture),
        url_website=_known(party.website),
        birthplace=_known(party.birth_place),
        nationality=_known(party.nationality),
    )


def _address(address: Address) -> AddressAnswer:
    return AddressAnswer(
        type=_known(address.kind),
        street=_known(address.street),
        street_number=_known(address.building_number),
        postal_code=_known(address.post_code),
        city=_known(address.town),
        country=_known(address.country),
        additional_address_data=_known(address.additional),
    )


# --- containers -----------------------------------------------------------------------------------


def render_container(revealed: RevealedBankAccount) -> Response:
    """Return a payment container."""
    return _ok(_container(revealed))


def render_containers(listing: Listing[RevealedBankAccount]) -> Response:
    """Return a page of payment containers."""
    return _ok(ContainerList(count=listing.total, data=list(map(_container, listing.items))))


def _container(revealed: RevealedBankAccount) -> ContainerAnswer:
    account = revealed.account
    customer = account.customer_id
    details = BankDetailsAnswer(
        owner=_known(account.owner),
        iban=revealed.iban.reveal(),
        bic=_known(account.bic),
        bankname=_known(account.bank_name),
    )
    return ContainerAnswer(
        object=CONTAINERS,
        id=container_id(account.id),
        contract=_contract(account.contract_id),
        customer=UNSET if customer is None else Reference(CUSTOMERS, customer_id(customer)),
        private=details,
        public=details,
        type=BANK_ACCOUNT,
        created=render_instant(account.created),
        updated=UNSET if account.updated is None else render_instant(account.updated),
    )


# --- both -----------------------------------------------------------------------------------------


def _contract(contract: ContractId) -> Reference:
    return Reference(CONTRACTS, contract_id(contract))


def _known(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _ok(answer: Struct) -> Response:
    return Response(200, _ENCODER.encode(answer))
