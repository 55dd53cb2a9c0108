"""From domain values to secuconnect's answers."""

from collections.abc import Mapping, Sequence
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
    ContractAnswer,
    ContractList,
    CustomerAnswer,
    IbanValidation,
    IbanValidationRequest,
    Reference,
)
from lastschrift.domain.access import Contract
from lastschrift.domain.account_check import CheckedAccount
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import Debtor
from lastschrift.domain.iban import NationalCheck
from lastschrift.domain.identity import ContractId
from lastschrift.domain.party import Address, Party
from lastschrift.operations.ports import Page
from lastschrift.web.http import Response

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()


# --- customers ------------------------------------------------------------------------------------


def render_customer(debtor: Debtor) -> Response:
    """Return a customer."""
    return _ok(customer_answer(debtor))


def render_deleted_customer(debtor: Debtor) -> Response:
    """Return the one customer that was deleted, as a list."""
    return _ok([customer_answer(debtor)])


def customer_answer(debtor: Debtor) -> CustomerAnswer:
    """Return a customer as it stands in answers."""
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
    return _ok(container_answer(revealed))


def render_removed_container(revealed: RevealedBankAccount) -> Response:
    """Return the one container that was deleted, or taken from its customer, as a list."""
    return _ok([container_answer(revealed)])


def container_answer(revealed: RevealedBankAccount) -> ContainerAnswer:
    """Return a container as it stands in answers."""
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


def render_validation(asked: IbanValidationRequest, checked: CheckedAccount | None) -> Response:
    """Return what can be said of an IBAN; one that is not valid is shown as it was sent."""
    if checked is None:
        return _ok(IbanValidation(id=_known(asked.id), valid=False, iban=asked.iban))
    bank = checked.bank
    return _ok(
        IbanValidation(
            id=_known(asked.id),
            valid=True,
            iban=checked.iban.reveal(),
            bic=UNSET if bank is None or bank.bic is None else str(bank.bic),
            bankname=UNSET if bank is None else bank.name,
            national_check=_SAID_BY_CHECK_DIGITS[checked.national_check],
        )
    )


_SAID_BY_CHECK_DIGITS: Mapping[NationalCheck, str | UnsetType] = {
    NationalCheck.PASSED: "passed",
    NationalCheck.FAILED: "failed",
    NationalCheck.UNKNOWN: UNSET,
}


# --- contracts ------------------------------------------------------------------------------------


def render_contract(contract: Contract) -> Response:
    """Return a contract."""
    return _ok(_payment_contract(contract))


def render_contracts(contracts: Sequence[Contract], page: Page) -> Response:
    """Return a page of these contracts."""
    shown = contracts[page.offset : page.offset + page.count]
    return _ok(ContractList(count=len(contracts), data=list(map(_payment_contract, shown))))


def _payment_contract(contract: Contract) -> ContractAnswer:
    return ContractAnswer(
        object=CONTRACTS, id=contract_id(contract.id), created=render_instant(contract.created)
    )


# --- all of them ----------------------------------------------------------------------------------


def _contract(contract: ContractId) -> Reference:
    return Reference(CONTRACTS, contract_id(contract))


def _known(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _ok(answer: Struct | Sequence[Struct]) -> Response:
    return Response(200, _ENCODER.encode(answer))
