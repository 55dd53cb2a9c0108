"""Servers that share a store while a contract's fingerprint key is turned, held against a model.

Each server has a vault of its own, and uses keys for as long as it may after it read them. What it
answers is held against what the town remembers; whatever differs is a failure.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self, TypeVar
from uuid import UUID

from msgspec import structs

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    DomainError,
    KeyNotActive,
    KeyStillInUse,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.domain.party import Party
from lastschrift.operations.assign_bank_account import AssignBankAccount, assign_bank_account
from lastschrift.operations.begin_key_rotation import begin_key_rotation, versions_of_key
from lastschrift.operations.complete_fingerprint_rotation import complete_fingerprint_rotation
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.ports import (
    KEYS_REMEMBERED_FOR,
    Fingerprints,
    HasIban,
    KeptFingerprints,
    KeyPurpose,
    Page,
    Ports,
    Search,
    WrappedKey,
)
from lastschrift.operations.register_bank_account import RegisterBankAccount, register_bank_account
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.renew_fingerprints import renew_fingerprints
from lastschrift.operations.retire_fingerprint_keys import (
    retire_fingerprint_keys,
    retire_hash_keys,
)
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from lastschrift.operations.update_bank_account import UpdateBankAccount, update_bank_account
from lastschrift.vault.keyring import KeyVault
from lastschrift.vault.master_key import MasterKey
from tests.holders import holder_of
from tests.house import House
from tests.storage.filling import german_iban

T = TypeVar("T")

CLIENT = ClientId(UUID(int=1))
FINGERPRINT = KeyPurpose.FINGERPRINT
ANNOUNCED_FOR = KEYS_REMEMBERED_FOR + timedelta(seconds=1)

Held = tuple[DebtorRef, int]
"""A payer, and the number of an IBAN."""


@dataclass(slots=True)
class Town:
    """A contract, servers of it, two payers, and what they hold; ``failures`` is what differed."""

    house: House
    contract: ContractId
    servers: Sequence[Ports]
    payers: Sequence[DebtorRef]
    held: dict[Held, AccountId] = field(default_factory=dict)
    results: dict[int, UUID] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @classmethod
    async def found(cls, house: House, servers: int) -> Self:
        """Return a town with so many servers, none of which has read any key."""
        client, _ = await house.open_contract()
        ports = [server_of(house) for _ in range(servers)]
        contract = client.contract_id
        command = RegisterDebtor(contract_id=contract, client_id=CLIENT, contact=Party())
        debtors = [await register_debtor(house.ports, command) for _ in range(2)]
        payers = [DebtorRef(debtor.id, DebtorKind.CUSTOMER) for debtor in debtors]
        return cls(house, contract, ports, payers)

    # --- what clients do ---

    async def register(self, server: int, payer: int, number: int) -> None:
        """Register an IBAN: one that the payer holds is refused, and the right one named."""
        debtor = self.payers[payer]
        command = RegisterBankAccount(
            contract_id=self.contract,
            client_id=CLIENT,
            debtor=debtor,
            account_id=None,
            iban=german_iban(number),
            bic=None,
            bank_name=None,
            owner=None,
            holder=holder_of(debtor),
        )
        held = self.held.get((debtor, number))
        got = await self._got(register_bank_account(self.servers[server], command), held)
        if got is not None and held is None:
            self.held[debtor, number] = got.account.id

    async def change(self, server: int, payer: int, number: int, other: int) -> None:
        """Give an account another IBAN, unless its payer holds that already."""
        debtor = self.payers[payer]
        account = self.held.get((debtor, number))
        if account is None or number == other:
            return
        command = UpdateBankAccount(
            contract_id=self.contract,
            client_id=CLIENT,
            account_id=account,
            debtor=None,
            iban=german_iban(other),
            bic=None,
            bank_name=None,
            owner=None,
        )
        held = self.held.get((debtor, other))
        got = await self._got(update_bank_account(self.servers[server], command), held)
        if got is not None and held is None:
            self.held[debtor, other] = self.held.pop((debtor, number))

    async def move(self, server: int, payer: int, number: int) -> None:
        """Give an account to the other payer, unless that one holds its IBAN already."""
        giver, taker = self.payers[payer], self.payers[1 - payer]
        account = self.held.get((giver, number))
        if account is None:
            return
        command = AssignBankAccount(
            contract_id=self.contract, client_id=CLIENT, account_id=account, debtor=taker
        )
        held = self.held.get((taker, number))
        got = await self._got(assign_bank_account(self.servers[server], command), held)
        if got is not None and held is None:
            self.held[taker, number] = self.held.pop((giver, number))

    async def delete(self, server: int, payer: int, number: int) -> None:
        """Delete an account: its IBAN is free again."""
        account = self.held.pop((self.payers[payer], number), None)
        if account is not None:
            command = DeleteBankAccount(
                contract_id=self.contract, client_id=CLIENT, account_id=account
            )
            await delete_bank_account(self.servers[server], command)

    async def find(self, server: int, number: int) -> None:
        """Look for an IBAN: all accounts that have it are found, and nothing else."""
        search = Search(page=Page(10, 0), condition=HasIban(german_iban(number)))
        listing = await reveal_bank_accounts(self.servers[server], self.contract, search)
        found = {item.account.id for item in listing.items}
        due = {account for (_, its), account in self.held.items() if its == number}
        if found != due:
            self.failures.append(f"server {server} finds {len(found)} of {len(due)}")

    async def repeat(self, server: int, key: int) -> None:
        """Save a payer under an idempotency key: the second time it is the same one."""
        command = RegisterDebtor(contract_id=self.contract, client_id=CLIENT, contact=Party())
        once = await register_debtor_once(
            self.servers[server], command, IdempotencyKey.parse(f"key-{key}")
        )
        if self.results.setdefault(key, once.result.id) != once.result.id:
            self.failures.append(f"server {server} did it again")

    async def _got(self, work: Awaitable[T], held: AccountId | None) -> T | None:
        """Return what comes of a work that is refused exactly if ``held`` has the IBAN."""
        try:
            got = await work
        except BankAccountAlreadyRegistered as fact:
            if fact.account_id != held:
                self.failures.append(f"{fact.account_id} is told, {held} has it")
            return None
        except DomainError as fact:
            self.failures.append(type(fact).__name__)
            return None
        if held is not None:
            self.failures.append("a duplicate was missed")
        return got

    # --- what the operator does ---

    async def begin(self, announced_for: timedelta = ANNOUNCED_FOR) -> WrappedKey:
        """Announce another key, or return the one that was."""
        return await begin_key_rotation(self.servers[0], self.contract, FINGERPRINT, announced_for)

    async def renew(self, *versions: int) -> int:
        """Go through all accounts; return how many were given other fingerprints."""
        renewed, after = 0, None
        while True:
            piece = await renew_fingerprints(self.servers[0], self.contract, versions, after)
            renewed += piece.renewed
            if piece.after is None:
                return renewed
            after = piece.after

    async def complete(self) -> None:
        """Have accounts looked for by the new key."""
        await complete_fingerprint_rotation(self.servers[0], self.contract)

    async def retire(self) -> int:
        """Forget the old key."""
        retired = await retire_fingerprint_keys(self.servers[0], self.contract)
        await retire_hash_keys(self.servers[0], self.contract)
        return retired

    async def go_on(self, announced_for: timedelta = ANNOUNCED_FOR) -> bool:
        """Do what of a rotation can be done now; return whether it is over."""
        new = await self.begin(announced_for)
        old = new.version - 1
        steps: Sequence[Callable[[], Awaitable[object]]] = (
            lambda: self.renew(old, new.version),
            self.complete,
            lambda: self.renew(new.version),
            self.retire,
        )
        for step in steps:
            try:
                await step()
            except (KeyNotActive, KeyStillInUse):
                continue
        return new.version not in {key.version + 1 for key in await self.fingerprint_keys()}

    # --- what there is ---

    async def fingerprint_keys(self) -> list[WrappedKey]:
        """Return the versions of the key."""
        return await versions_of_key(self.servers[0], self.contract, FINGERPRINT)

    async def kept(self) -> list[Fingerprints]:
        """Return the fingerprints of all accounts, deleted ones too."""
        rows: Sequence[KeptFingerprints] = await self.house.store.scan(
            lambda reader: reader.kept_fingerprints(self.contract, None, 100_000)
        )
        return [row.fingerprints for row in rows]


def server_of(house: House) -> Ports:
    """Return what a server has: the same store, and a vault of its own."""
    vault = KeyVault(
        MasterKey({1: bytes(32)}),
        now=house.clock.now,
        monotonic_s=lambda: house.clock.now().timestamp(),
    )
    return structs.replace(house.ports, vault=vault)
