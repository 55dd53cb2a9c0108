"""What the operations need from outside: a store, a vault, a clock, ids.

`lastschrift.main` puts the real ones in. The methods of `Reader` and `Transaction` speak the
domain's words; all SQL stands in `lastschrift.storage`.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.access import Client, Contract, Principal, Secret
from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import Debtor
from lastschrift.domain.errors import DomainError
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId

T = TypeVar("T")
Command = TypeVar("Command")
Result = TypeVar("Result")


# --- keys -----------------------------------------------------------------------------------------


class KeyPurpose(Enum):
    """What a contract's key is for."""

    DATA = "data"
    FINGERPRINT = "fingerprint"


class WrappedKey(Struct, frozen=True, kw_only=True):
    """A contract's key as it is kept: encrypted under a version of the master key."""

    purpose: KeyPurpose
    version: int
    master_version: int
    wrapped: bytes


class ContractKeys(Protocol):
    """A contract's keys, opened."""

    def seal_iban(self, account: AccountId, iban: Iban) -> bytes:
        """Encrypt an IBAN so that it opens only as this account's."""
        ...

    def open_iban(self, account: AccountId, sealed: bytes) -> Iban:
        """Decrypt what `seal_iban` made for this account."""
        ...

    def fingerprint(self, iban: Iban) -> bytes:
        """Return 32 bytes that are equal for equal IBANs of this contract, and tell nothing."""
        ...

    def keyed_hash(self, purpose: str, content: bytes) -> bytes:
        """Return 32 bytes that are equal for equal contents of one purpose, and tell nothing."""
        ...

    def seal_result(self, key_hash: bytes, result: UUID) -> bytes:
        """Encrypt the id of a result so that it opens only beside this key's hash."""
        ...

    def open_result(self, key_hash: bytes, sealed: bytes) -> UUID:
        """Decrypt what `seal_result` made beside this key's hash."""
        ...


class Vault(Protocol):
    """Keeper of the master key."""

    def new_contract_keys(self, contract: ContractId) -> list[WrappedKey]:
        """Make the keys of a new contract."""
        ...

    def unlock(self, contract: ContractId, keys: Sequence[WrappedKey]) -> ContractKeys:
        """Open a contract's keys, and remember them."""
        ...

    def unlocked(self, contract: ContractId) -> ContractKeys | None:
        """Return a contract's keys if they have been opened before."""
        ...


# --- clock and ids --------------------------------------------------------------------------------


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return this instant, in UTC."""
        ...


class Ids(Protocol):
    """Maker of ids and secrets."""

    def new_id(self) -> UUID:
        """Return a UUID of version 7, later than all before (RFC 9562 §5.7)."""
        ...

    def new_client_id(self) -> ClientId:
        """Return 128 random bits."""
        ...

    def new_client_secret(self) -> Secret:
        """Return 256 random bits as 64 hex digits."""
        ...

    def new_access_token(self) -> Secret:
        """Return 130 random bits as 26 symbols of ``[0-9a-v]``."""
        ...


# --- the store ------------------------------------------------------------------------------------


class Page(Struct, frozen=True):
    """Which part of a list is wanted: ``count`` items after the first ``offset``."""

    count: int
    offset: int


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list, and how long the whole list is."""

    total: int
    items: Sequence[T]


class SealedBankAccount(Struct, frozen=True):
    """A bank account as it is kept: with its IBAN encrypted."""

    account: BankAccount
    sealed_iban: bytes


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
    """Who did what to which object, and when; ``client_id`` is None on the command line."""

    contract_id: ContractId
    at: datetime
    client_id: ClientId | None
    action: str
    subject_id: UUID


class NewBankAccount(Struct, frozen=True, gc=False):
    """A bank account about to be kept. ``iban`` itself is never stored."""

    account: BankAccount
    iban: Iban
    sealed_iban: bytes
    fingerprint: bytes
    audit: AuditEntry


class KeyUse(Struct, frozen=True, kw_only=True):
    """What an idempotency key was used for; nothing in it is in clear that a client sent.

    ``key_hash`` and ``command_hash`` are keyed hashes, ``result_sealed`` is the encrypted id of
    what came of it. From ``expires`` on the key is as good as new.
    """

    contract_id: ContractId
    operation: str
    key_hash: bytes
    command_hash: bytes
    result_sealed: bytes
    created: datetime
    expires: datetime


class ClientCredentials(Struct, frozen=True):
    """A client and the SHA-256 of its secret."""

    client: Client
    secret_hash: bytes


class Reader(Protocol):
    """What can be asked of the store."""

    async def wrapped_keys(self, contract: ContractId) -> Sequence[WrappedKey]:
        """Return all keys of a contract; none if there is no such contract."""
        ...

    async def principal(self, token_hash: bytes, now: datetime) -> Principal | None:
        """Return who a token stands for, if it is good at ``now`` and its client not revoked."""
        ...

    async def credentials(self, client: ClientId) -> ClientCredentials | None:
        """Return a client with its secret's hash, revoked or not."""
        ...

    async def contract(self, contract: ContractId) -> Contract | None:
        """Return a contract."""
        ...

    async def contracts(self) -> Sequence[Contract]:
        """Return all contracts, oldest first."""
        ...

    async def clients(self) -> Sequence[Client]:
        """Return the clients of all contracts, oldest first."""
        ...

    async def customer(self, contract: ContractId, debtor: DebtorId) -> Debtor | None:
        """Return a debtor that the merchant saved."""
        ...

    async def customers(self, contract: ContractId, page: Page) -> Listing[Debtor]:
        """Return the debtors that the merchant saved, oldest first."""
        ...

    async def bank_account(
        self, contract: ContractId, account: AccountId
    ) -> SealedBankAccount | None:
        """Return a bank account that is not deleted."""
        ...

    async def bank_accounts(self, contract: ContractId, page: Page) -> Listing[SealedBankAccount]:
        """Return a contract's bank accounts that are not deleted, oldest first."""
        ...

    async def bank_accounts_of(
        self, contract: ContractId, debtor: DebtorId
    ) -> Sequence[SealedBankAccount]:
        """Return a debtor's bank accounts that are not deleted, oldest first."""
        ...


class Transaction(Reader, Protocol):
    """What can be changed in the store: all of a transaction, or nothing of it."""

    async def add_contract(self, contract: Contract, keys: Sequence[WrappedKey]) -> None:
        """Keep a new contract and its keys."""
        ...

    async def add_client(self, client: Client, secret_hash: bytes) -> None:
        """Keep a new client."""
        ...

    async def revoke_client(self, client: ClientId, now: datetime) -> None:
        """Refuse a client and its tokens from now on."""
        ...

    async def replace_secret(self, client: ClientId, secret_hash: bytes) -> None:
        """Take another secret for a client."""
        ...

    async def add_access_token(
        self, token_hash: bytes, principal: Principal, issued: datetime
    ) -> None:
        """Keep a token's hash and what the token stands for."""
        ...

    async def drop_expired_tokens(self, now: datetime, rows_max: int) -> int:
        """Forget up to ``rows_max`` tokens that are past their time; return how many there were."""
        ...

    async def add_debtor(self, debtor: Debtor) -> None:
        """Keep a new debtor."""
        ...

    async def add_bank_accounts(self, accounts: Sequence[NewBankAccount]) -> Sequence[int]:
        """Keep what can be kept, each with its audit entry; return the places of what can't be.

        Left out is, with no harm to its neighbours: an account whose debtor does not exist, whose
        debtor already holds the IBAN, or whose id is taken. Of several that exclude each other one
        is kept; where they have the same IBAN, the first.
        """
        ...

    async def why_left_out(
        self, accounts: Sequence[NewBankAccount]
    ) -> Sequence[DomainError | None]:
        """Tell, for each account that `add_bank_accounts` left out, why.

        The first that holds of: BankAccountAlreadyRegistered, AccountIdTaken, DebtorAccessDenied;
        None if none of them holds any more.
        """
        ...

    async def delete_bank_account(
        self, contract: ContractId, account: AccountId, now: datetime
    ) -> None:
        """Hide a bank account from now on, and free its IBAN; its id stays taken."""
        ...

    async def add_audit_entries(self, entries: Sequence[AuditEntry]) -> None:
        """Write down who did what."""
        ...

    async def claim_key(self, use: KeyUse) -> KeyUse | None:
        """Keep what a key is used for; if it is in use already, return for what, and keep nothing.

        Waits for a transaction that has claimed the same key and is not done yet.
        """
        ...

    async def release_key(self, use: KeyUse) -> None:
        """Forget what `claim_key` kept."""
        ...

    async def drop_expired_keys(self, contract: ContractId, now: datetime, rows_max: int) -> int:
        """Forget up to ``rows_max`` uses of keys that are past their time; return how many."""
        ...


class Store(Protocol):
    """Where everything is kept. Nothing that it returns or raises is told before its COMMIT."""

    def write(self, operation: Callable[[Transaction], Coroutine[Any, Any, T]]) -> Awaitable[T]:
        """Run an operation in a transaction of its own.

        Raises: what the operation raises; QueueFull, StoreFailed, ShuttingDown.
        """
        ...

    def write_batched(
        self,
        operation: Callable[
            [Transaction, Sequence[Command]], Coroutine[Any, Any, Sequence[Result]]
        ],
        make_command: Callable[[], Command],
    ) -> Awaitable[Result]:
        """Run an operation once for all commands that are waiting for it, and return one's result.

        A command is made, once, when its batch is put together: many in a row take less time than
        each between two requests. Each call of the operation's transaction is all or nothing; all
        of them together need not be.

        Raises: what ``make_command`` raises; QueueFull, StoreFailed, ShuttingDown.
        """
        ...

    async def read(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Ask for a few rows by their key."""
        ...

    async def scan(self, query: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Ask for a list; it may take a while, and holds nobody up."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that the operations reach out to."""

    store: Store
    vault: Vault
    clock: Clock
    ids: Ids
