"""Beginning to read all bank accounts, with their full IBANs, batch by batch."""

from msgspec import structs

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.identity import ContractId
from lastschrift.operations.auditing import record_reading
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import (
    Batch,
    Ports,
    SealedBankAccount,
    with_fingerprints,
)
from lastschrift.operations.reveal_bank_account import reveal
from lastschrift.operations.reveal_bank_accounts import BANK_ACCOUNTS
from lastschrift.operations.scrolling import BeginScroll, begin_scroll


async def begin_bank_account_scroll(
    ports: Ports, contract: ContractId, begin: BeginScroll
) -> Batch[RevealedBankAccount]:
    """Return the first of a contract's bank accounts, and how many there are.

    Raises: SearchTooBroad; Unavailable.
    """
    keys = await contract_keys(ports, contract)
    condition = with_fingerprints(begin.condition, keys.fingerprint)
    begin = structs.replace(begin, condition=condition)
    batch = await begin_scroll(ports, contract, BANK_ACCOUNTS, begin)
    return await revealed(ports, contract, batch)


async def revealed(
    ports: Ports, contract: ContractId, batch: Batch[SealedBankAccount]
) -> Batch[RevealedBankAccount]:
    """Open the IBANs of a batch, once it is written down who sees them."""
    await record_reading(ports, contract, [sealed.account for sealed in batch.items])
    keys = await contract_keys(ports, contract)
    return Batch(
        scroll_id=batch.scroll_id,
        items=[reveal(keys, sealed) for sealed in batch.items],
        shown=batch.shown,
        total=batch.total,
    )
