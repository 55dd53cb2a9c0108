"""Registering a payer's bank account: the verb that all others exist for.

It is written once, as a batch; a single registration is a batch of one. What needs no store (ids,
encryption, fingerprint) is done when the batch is put together, and never twice.
"""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from lastschrift.domain.bank_account import BankAccount, RevealedBankAccount
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import DomainError, Unavailable
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.domain.party import Party
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import (
    ContractKeys,
    NewBankAccount,
    Ports,
    Transaction,
)

_ROUNDS_MAX = 3
"""An account left out for a reason that is gone when we ask is tried again, this often in all."""


class RegisterBankAccount(Struct, frozen=True, kw_only=True, gc=False):
    """A bank account to be kept.

    ``debtor`` None: the account belongs to nobody yet, and may be there more than once.
    ``account_id`` None: we choose one. ``managed_by``: the one client that may delete it then.
    """

    contract_id: ContractId
    client_id: ClientId
    debtor: DebtorRef | None
    account_id: AccountId | None
    iban: Iban
    bic: str | None
    bank_name: str | None
    owner: str | None
    holder: Party | None
    managed_by: ClientId | None = None


async def register_bank_account(ports: Ports, command: RegisterBankAccount) -> RevealedBankAccount:
    """Keep a bank account, once per debtor, and return it as it is kept.

    Raises: BankAccountAlreadyRegistered, AccountIdTaken, DebtorAccessDenied; Unavailable.
    """
    known = ports.vault.unlocked(command.contract_id)
    keys = known or await contract_keys(ports, command.contract_id)
    prepare = partial(prepare_bank_account, ports, keys, command)
    outcome = await ports.store.write_batched(register_bank_accounts, prepare)
    if isinstance(outcome, DomainError):
        raise outcome
    return RevealedBankAccount(outcome, command.iban)


async def register_bank_accounts(
    transaction: Transaction, batch: Sequence[NewBankAccount]
) -> list[BankAccount | DomainError]:
    """Keep what can be kept of a batch; for the rest say why not, in the order of the batch."""
    outcomes: list[BankAccount | DomainError] = [new.account for new in batch]
    left_out = await transaction.add_bank_accounts(batch)
    for _ in range(_ROUNDS_MAX):
        if not left_out:
            break
        reasons = await transaction.why_left_out([batch[place] for place in left_out])
        again = []
        for place, reason in zip(left_out, reasons, strict=True):
            outcomes[place] = reason or Unavailable()
            if reason is None:
                again.append(place)
        left_out = await _add_again(transaction, batch, again, outcomes)
    return outcomes


async def _add_again(
    transaction: Transaction,
    batch: Sequence[NewBankAccount],
    places: Sequence[int],
    outcomes: list[BankAccount | DomainError],
) -> list[int]:
    """Try the batch's ``places`` once more; return those of them that are left out again."""
    if not places:
        return []
    left_out = {places[n] for n in await transaction.add_bank_accounts([batch[p] for p in places])}
    for place in places:
        if place not in left_out:
            outcomes[place] = batch[place].account
    return sorted(left_out)


def prepare_bank_account(
    ports: Ports, keys: ContractKeys, command: RegisterBankAccount
) -> NewBankAccount:
    """Make all of a bank account that needs no store.

    Raises: ValueError, see `BankAccount.check_holder`.
    """
    iban = command.iban
    account_id = command.account_id or AccountId(ports.ids.new_id())
    account = BankAccount(
        contract_id=command.contract_id,
        id=account_id,
        debtor=command.debtor,
        iban_country=iban.country,
        iban_last_four=iban.last_four,
        bic=command.bic,
        bank_name=command.bank_name,
        owner=command.owner,
        holder=command.holder,
        created=ports.clock.now(),
        managed_by=command.managed_by,
    )
    account.check_holder()
    audit = audit_entry(
        ports,
        "bank_account.registered",
        contract_id=command.contract_id,
        subject_id=account_id,
        client_id=command.client_id,
        at=account.created,
    )
    return NewBankAccount(
        account=account,
        iban=iban,
        sealed_iban=keys.seal_iban(account_id, iban),
        fingerprints=keys.fingerprints(iban),
        audit=audit,
    )
