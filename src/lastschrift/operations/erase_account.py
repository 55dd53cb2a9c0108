"""Erasing one bank account for good: one that is nobody's, or that a payer wants to be gone."""

from msgspec import Struct

from lastschrift.domain.errors import BankAccountUnknown
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.erasing import carry_out
from lastschrift.operations.ports import Erased, Erasure, Ports


class EraseAccount(Struct, frozen=True, kw_only=True):
    """A bank account to be erased."""

    contract_id: ContractId
    account_id: AccountId


async def erase_account(ports: Ports, command: EraseAccount) -> None:
    """Erase a bank account, whosever it is, hidden ones too; its id stays taken.

    Raises: BankAccountUnknown; Unavailable, as by `erase_debtor`.
    """
    contract, account = command.contract_id, command.account_id
    known = await ports.store.read(lambda reader: reader.is_account_erased(contract, account))
    if known is None:
        raise BankAccountUnknown
    erasure = Erasure(at=ports.clock.now(), of=Erased.ACCOUNT, contract_id=contract, id=account)
    await ports.erasure_log.write([erasure])
    await carry_out(ports, contract, [erasure])
