"""Going on to read bank accounts, with their full IBANs."""

from uuid import UUID

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import ScrollUnknown
from lastschrift.domain.identity import ContractId
from lastschrift.operations.begin_bank_account_scroll import revealed
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import Batch, Ports, Scroll, fingerprint_versions
from lastschrift.operations.reveal_bank_accounts import BANK_ACCOUNTS
from lastschrift.operations.scrolling import next_batch


async def next_bank_accounts(
    ports: Ports, contract: ContractId, scroll: UUID
) -> Batch[RevealedBankAccount]:
    """Return the next bank accounts of a scroll; none at its end.

    Raises: ScrollUnknown, also where an IBAN is looked for by a key that has been turned since;
    SearchTooBroad, Unavailable.
    """
    keys = await contract_keys(ports, contract)

    def check(scroll: Scroll) -> None:
        if not fingerprint_versions(scroll.stretch.condition).issubset(keys.fingerprint_versions):
            raise ScrollUnknown

    batch = await next_batch(ports, contract, BANK_ACCOUNTS, scroll, check)
    return await revealed(ports, contract, batch)
