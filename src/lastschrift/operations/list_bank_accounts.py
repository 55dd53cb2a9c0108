"""Listing a debtor's bank accounts: without their full IBANs."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import ContractId
from lastschrift.operations.ports import Page, Ports


class SomeBankAccounts(Struct, frozen=True):
    """A page of a list, and whether there are more behind it."""

    accounts: Sequence[BankAccount]
    has_more: bool


async def list_bank_accounts(
    ports: Ports, contract: ContractId, debtor: DebtorRef, page: Page
) -> SomeBankAccounts:
    """Return a page of a debtor's bank accounts, oldest first."""
    return await _list(ports, contract, debtor, page, valid_at=None)


async def list_valid_bank_accounts(
    ports: Ports, contract: ContractId, debtor: DebtorRef, page: Page
) -> SomeBankAccounts:
    """Return a page of those of a debtor's bank accounts that are not past their expiry."""
    return await _list(ports, contract, debtor, page, valid_at=ports.clock.now())


async def _list(
    ports: Ports, contract: ContractId, debtor: DebtorRef, page: Page, *, valid_at: datetime | None
) -> SomeBankAccounts:
    and_one_more = Page(page.count + 1, page.offset)
    found = await ports.store.scan(
        lambda reader: reader.some_bank_accounts_of(
            contract, debtor, and_one_more, valid_at=valid_at
        )
    )
    accounts = [sealed.account for sealed in found[: page.count]]
    return SomeBankAccounts(accounts, has_more=len(found) > page.count)
