"""Registering a payer's bank account under an idempotency key.

Mostly key and account are new: many are kept together then, as without keys. Whatever is not new
(a key, an account) goes through a transaction of its own, which finds out what to tell.
"""

from collections.abc import Sequence

import msgspec

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.banks import find_bank
from lastschrift.domain.errors import (
    BankAccountUnknown,
    DomainError,
    IdempotencyKeyTaken,
    ResultDeleted,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.do_once import KeyedCommand, Once, do_once
from lastschrift.operations.ports import KeyedBankAccount, KeyUse, Ports, Transaction
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    prepare_bank_account,
    register_bank_accounts,
)
from lastschrift.operations.reveal_bank_account import reveal_bank_account


async def register_bank_account_once(
    ports: Ports, command: RegisterBankAccount, key: IdempotencyKey
) -> Once[RevealedBankAccount]:
    """Keep a bank account, or return the one that the same command kept before, as it is now.

    Raises: IdempotencyKeyTaken, RequestStillRunning; what `register_bank_account` raises;
    ResultDeleted.
    """
    keys = await contract_keys(ports, command.contract_id)
    new = prepare_bank_account(ports, keys, command)
    told, otherwise = _readings(command)

    def keyed(bic: str | None) -> KeyedCommand:
        return KeyedCommand(
            contract_id=command.contract_id,
            operation="register_bank_account",
            key=key,
            content=_content(command, bic),
        )

    async def effect(transaction: Transaction) -> DomainError | None:
        (outcome,) = await register_bank_accounts(transaction, [new])
        return outcome if isinstance(outcome, DomainError) else None

    async def with_others(use: KeyUse) -> bool:
        account = KeyedBankAccount(new, use)
        return await ports.store.write_batched(register_keyed_bank_accounts, lambda: account)

    is_certain = True
    try:
        earlier = await do_once(ports, keyed(told), new.account.id, effect, with_others)
    except IdempotencyKeyTaken:
        is_certain = False
        earlier = await do_once(ports, keyed(otherwise), new.account.id, effect)
    if earlier is None:
        return Once(RevealedBankAccount(new.account, command.iban), is_replayed=False)
    try:
        kept = await reveal_bank_account(ports, command.contract_id, AccountId(earlier))
    except BankAccountUnknown:
        raise ResultDeleted from None
    if not is_certain and kept.account.bic != command.bic:
        raise IdempotencyKeyTaken
    return Once(kept, is_replayed=True)


async def register_keyed_bank_accounts(
    transaction: Transaction, batch: Sequence[KeyedBankAccount]
) -> list[bool]:
    """Keep what is new of a batch; say of each whether it was kept."""
    left_out = set(await transaction.add_keyed_bank_accounts(batch))
    return [place not in left_out for place in range(len(batch))]


def _readings(command: RegisterBankAccount) -> tuple[str | None, str | None]:
    """Return which BIC the client told, as the bank register has it now; and if it had another.

    None is the register's own. Whoever told one may have told that, until the register changed.
    """
    bank = find_bank(command.iban)
    found = None if bank is None or bank.bic is None else str(bank.bic)
    return (None, command.bic) if command.bic == found else (command.bic, None)


def _content(command: RegisterBankAccount, bic: str | None) -> bytes:
    """Write what the client told."""
    told = (
        command.debtor,
        command.account_id,
        command.iban.reveal(),
        bic,
        command.owner,
        command.holder,
    )
    return msgspec.json.encode(told)
