"""Giving a bank account to a debtor that the merchant saved."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    DomainError,
    ResultDeleted,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.do_once import KeyedCommand, Once, do_once
from lastschrift.operations.locking import lock_account_for
from lastschrift.operations.ports import Ports, SealedBankAccount, Transaction
from lastschrift.operations.reveal_bank_account import reveal, reveal_bank_account


class AssignBankAccount(Struct, frozen=True, kw_only=True):
    """A bank account, and the debtor that is to hold it."""

    contract_id: ContractId
    client_id: ClientId
    account_id: AccountId
    debtor: DebtorRef


class _Outcome(Struct, frozen=True):
    """The account as it is now; ``held``: the debtor's account that has the same IBAN."""

    sealed: SealedBankAccount
    held: AccountId | None = None


async def assign_bank_account(ports: Ports, command: AssignBankAccount) -> RevealedBankAccount:
    """Give a bank account to a debtor, who may hold it already; return it as it is kept now.

    Raises, in this order: BankAccountUnknown, DebtorAccessDenied, BankAccountManaged,
    BankAccountHeldByUser, BankAccountAlreadyRegistered.
    """
    keys = await contract_keys(ports, command.contract_id)
    outcome = await ports.store.write(_assignment(ports, command))
    revealed = reveal(keys, outcome.sealed)
    if outcome.held is not None:
        raise BankAccountAlreadyRegistered(outcome.held, revealed.iban)
    return revealed


async def assign_bank_account_once(
    ports: Ports, command: AssignBankAccount, key: IdempotencyKey
) -> Once[RevealedBankAccount]:
    """Give a bank account to a debtor, unless the same was done before: then return it as it is.

    Raises: IdempotencyKeyTaken, RequestStillRunning; what `assign_bank_account` raises;
    ResultDeleted.
    """
    keys = await contract_keys(ports, command.contract_id)
    keyed = KeyedCommand(
        contract_id=command.contract_id,
        operation="assign_bank_account",
        key=key,
        content=msgspec.json.encode((command.account_id, command.debtor)),
    )
    assign = _assignment(ports, command)
    outcomes: list[_Outcome] = []  # of each run; the last one stands

    async def effect(transaction: Transaction) -> DomainError | None:
        outcome = await assign(transaction)
        outcomes.append(outcome)
        if outcome.held is None:
            return None
        return BankAccountAlreadyRegistered(outcome.held, reveal(keys, outcome.sealed).iban)

    earlier = await do_once(ports, keyed, command.account_id, effect)
    if earlier is None:
        return Once(reveal(keys, outcomes[-1].sealed), is_replayed=False)
    try:
        kept = await reveal_bank_account(ports, command.contract_id, command.account_id)
    except BankAccountUnknown:
        raise ResultDeleted from None
    return Once(kept, is_replayed=True)


def _assignment(
    ports: Ports, command: AssignBankAccount
) -> Callable[[Transaction], Coroutine[Any, Any, _Outcome]]:
    """Return what is to be done in a transaction."""
    contract, debtor = command.contract_id, command.debtor
    audit = audit_entry(
        ports,
        "bank_account.assigned",
        contract_id=contract,
        subject_id=command.account_id,
        client_id=command.client_id,
    )

    async def operation(transaction: Transaction) -> _Outcome:
        locked = await lock_account_for(transaction, contract, command.account_id, debtor)
        account = locked.sealed.account
        if account.debtor == debtor:
            return _Outcome(locked.sealed)
        account.check_removable_by(command.client_id)
        account.check_assignable_to(debtor)
        held = await transaction.bank_account_with(contract, debtor.id, locked.fingerprints)
        if held is not None:
            return _Outcome(locked.sealed, held)
        await transaction.assign_bank_account(contract, account.id, debtor.id, audit.at)
        await transaction.add_audit_entries([audit])
        changed = replace(account, debtor=debtor, updated=audit.at)
        return _Outcome(SealedBankAccount(changed, locked.sealed.sealed_iban))

    return operation
