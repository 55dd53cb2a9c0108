"""Erasing what was written down to be erased: hidden at once, then taken away piece by piece.

Each step may be done again, so that whatever was interrupted is gone on with by doing all of it
again. A debtor counts as erased when nothing is left to do; who changes its data meanwhile has its
row locked, or finds it hidden (`operations.locking`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.identity import AccountId, ContractId, DebtorId
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import Erased, Erasure, Ports, SealedResult, Transaction

_PIECE_ROWS = 50
"""So many in one transaction, that nobody waits for it for long."""

_RESULTS_READ = 500


class ErasedCount(Struct, frozen=True, kw_only=True):
    """How much was taken away, and how many accounts are kept until a period ends."""

    debtors: int = 0
    accounts: int = 0
    restricted: int = 0

    def __add__(self, other: "ErasedCount") -> "ErasedCount":
        return ErasedCount(
            debtors=self.debtors + other.debtors,
            accounts=self.accounts + other.accounts,
            restricted=self.restricted + other.restricted,
        )


async def carry_out(ports: Ports, contract: ContractId, erasures: Sequence[Erasure]) -> ErasedCount:
    """Erase some of a contract's debtors and accounts, all of which the log has.

    Raises: ContractUnknown; Unavailable: a part may be done, and the log says what is to be.
    """
    now = ports.clock.now()
    debtors = [one for one in erasures if one.of is Erased.DEBTOR]
    gone: set[UUID] = {one.id for one in erasures}
    restricted = 0
    for erasure in debtors:
        restricted += await _hide(ports, erasure, now)
        gone.update(await _erase_accounts_of(ports, erasure, now))
    accounts = [AccountId(one.id) for one in erasures if one.of is Erased.ACCOUNT]
    for start in range(0, len(accounts), _PIECE_ROWS):
        await _erase_accounts(ports, contract, accounts[start : start + _PIECE_ROWS], now)
    await _drop_results_of(ports, contract, gone)
    for erasure in debtors:
        await _finish(ports, erasure, now)
    return ErasedCount(
        debtors=len(debtors), accounts=len(gone) - len(debtors), restricted=restricted
    )


# --- a debtor -------------------------------------------------------------------------------------


async def _hide(ports: Ports, erasure: Erasure, now: datetime) -> int:
    """Hide a debtor and its accounts, take its contact data away; return how many are restricted.

    From the COMMIT on no wire shows any of it, and nothing new lands under the debtor.
    """
    contract, debtor = erasure.contract_id, DebtorId(erasure.id)
    until = erasure.restricted_until

    async def operation(transaction: Transaction) -> int:
        if not await transaction.lock_held_debtor(contract, debtor):
            return 0
        hidden = await transaction.delete_bank_accounts_of(contract, debtor, now)
        await transaction.unlink_identities_of(contract, debtor)
        await transaction.blank_debtor(contract, debtor, now)
        await transaction.drop_searches(contract)
        await transaction.count_erasure()
        if hidden:
            await transaction.add_audit_entries(
                [
                    audit_entry(
                        ports,
                        "bank_account.deleted",
                        contract_id=contract,
                        subject_id=account,
                        at=now,
                    )
                    for account in hidden
                ]
            )
        if until is None or until <= now:
            return 0
        return await transaction.restrict_hidden_accounts_of(contract, debtor, until)

    return await ports.store.write(operation)


async def _erase_accounts_of(ports: Ports, erasure: Erasure, now: datetime) -> list[AccountId]:
    """Erase a debtor's hidden accounts that are not restricted; return which they were."""
    contract, debtor = erasure.contract_id, DebtorId(erasure.id)

    async def operation(transaction: Transaction) -> Sequence[AccountId]:
        erased = await transaction.erase_hidden_accounts_of(contract, debtor, now, _PIECE_ROWS)
        await _tell_erased(transaction, ports, contract, erased, now)
        return erased

    found: list[AccountId] = []
    while some := await ports.store.write(operation):
        found += some
    return found


async def _finish(ports: Ports, erasure: Erasure, now: datetime) -> None:
    contract, debtor = erasure.contract_id, DebtorId(erasure.id)
    audit = audit_entry(ports, "debtor.erased", contract_id=contract, subject_id=debtor, at=now)

    async def operation(transaction: Transaction) -> None:
        if await transaction.finish_erasure(contract, debtor, now):
            await transaction.count_erasure()
            await transaction.add_audit_entries([audit])

    await ports.store.write(operation)


# --- accounts -------------------------------------------------------------------------------------


async def _erase_accounts(
    ports: Ports, contract: ContractId, accounts: Sequence[AccountId], now: datetime
) -> None:
    async def operation(transaction: Transaction) -> None:
        erased = [
            account
            for account in accounts
            if await transaction.erase_account(contract, account, now)
        ]
        await _tell_erased(transaction, ports, contract, erased, now)

    await ports.store.write(operation)


async def _tell_erased(
    transaction: Transaction,
    ports: Ports,
    contract: ContractId,
    accounts: Sequence[AccountId],
    now: datetime,
) -> None:
    """Write down which accounts are erased, if any."""
    if not accounts:
        return
    await transaction.count_erasure()
    await transaction.add_audit_entries(
        [
            audit_entry(
                ports, "bank_account.erased", contract_id=contract, subject_id=account, at=now
            )
            for account in accounts
        ]
    )


# --- what idempotency keys were used for ----------------------------------------------------------


async def _drop_results_of(ports: Ports, contract: ContractId, gone: Collection[UUID]) -> None:
    """Forget the uses of idempotency keys by which these came to be.

    Their ids are sealed, so all of the contract's are opened; there are none older than a month.
    """
    keys = await contract_keys(ports, contract)
    after: tuple[str, bytes] | None = None
    while found := await _results_after(ports, contract, after):
        dropped = [one for one in found if keys.open_result(one.key_hash, one.sealed) in gone]
        for start in range(0, len(dropped), _PIECE_ROWS):
            await _drop_results(ports, contract, dropped[start : start + _PIECE_ROWS])
        after = found[-1].operation, found[-1].key_hash


async def _results_after(
    ports: Ports, contract: ContractId, after: tuple[str, bytes] | None
) -> Sequence[SealedResult]:
    return await ports.store.scan(
        lambda reader: reader.sealed_results(contract, after, _RESULTS_READ)
    )


async def _drop_results(
    ports: Ports, contract: ContractId, dropped: Sequence[SealedResult]
) -> None:
    async def operation(transaction: Transaction) -> None:
        for one in dropped:
            await transaction.drop_result(contract, one.operation, one.key_hash)
        await transaction.count_erasure()

    await ports.store.write(operation)
