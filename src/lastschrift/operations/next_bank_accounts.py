"""Going on to read bank accounts, with their full IBANs."""

from uuid import UUID

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.identity import ContractId
from lastschrift.operations.begin_bank_account_scroll import revealed
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import Batch, Ports
from lastschrift.operations.reveal_bank_accounts import BANK_ACCOUNTS
from lastschrift.operations.scrolling import next_batch


async def next_bank_accounts(
    ports: Ports, contract: ContractId, scroll: UUID
) -> Batch[RevealedBankAccount]:
    """Return the next bank accounts of a scroll; none at its end.

    Raises: ScrollUnknown, SearchTooBroad, Unavailable.
    """
    batch = await next_batch(ports, contract, BANK_ACCOUNTS, scroll)
    return revealed(await contract_keys(ports, contract), batch)
