"""Listing bank accounts as the merchant's: with their full IBANs."""

from collections.abc import Sequence

from msgspec import structs

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import record_reading
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import (
    COUNTED_MAX,
    Listing,
    Ports,
    Position,
    Reader,
    SealedBankAccount,
    Search,
    with_fingerprints,
)
from lastschrift.operations.reveal_bank_account import reveal
from lastschrift.operations.totals import Lister, total_of

BANK_ACCOUNTS: Lister[SealedBankAccount] = Lister(
    name="bank_accounts",
    find=lambda reader, contract, stretch: reader.bank_accounts_next(contract, stretch),
    count=lambda reader, *asked: reader.count_bank_accounts(*asked),
    count_gone=lambda reader, *asked: reader.count_bank_accounts_gone(*asked),
    position=lambda sealed: Position(sealed.account.created, sealed.account.id),
)


async def reveal_bank_accounts(
    ports: Ports, contract: ContractId, search: Search
) -> Listing[RevealedBankAccount]:
    """Return a page of a contract's bank accounts and their IBANs, and how many there are.

    Raises: SearchTooBroad; Unavailable.
    """
    keys = await contract_keys(ports, contract)
    condition = with_fingerprints(search.condition, keys.fingerprint)
    sought = structs.replace(search, condition=condition)

    async def find(reader: Reader) -> tuple[Sequence[SealedBankAccount], int]:
        found = await reader.bank_accounts(contract, sought)
        return found, await reader.count_bank_accounts(contract, condition, COUNTED_MAX + 1)

    found, counted = await ports.store.scan(find)
    total = await total_of(ports, contract, BANK_ACCOUNTS, condition, counted)
    await record_reading(ports, contract, [sealed.account for sealed in found])
    return Listing(total, [reveal(keys, sealed) for sealed in found])
