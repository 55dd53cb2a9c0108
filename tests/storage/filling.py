"""Things to keep, for tests of the store, with defaults for what a test does not care about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from lastschrift.domain.access import Client, Contract, Principal, Scope
from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.debtor import Debtor, DebtorKind, DebtorRef
from lastschrift.domain.errors import DomainError
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.ports import (
    AuditEntry,
    Everything,
    Fingerprints,
    KeyedBankAccount,
    KeyedDebtor,
    KeyPurpose,
    KeyUse,
    Listing,
    NewBankAccount,
    NewDebtor,
    Page,
    Reader,
    SealedBankAccount,
    Search,
    Store,
    Transaction,
    WrappedKey,
)
from lastschrift.operations.register_bank_account import register_bank_accounts
from tests.house import CountingIds

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
IDS = CountingIds()

SEED_IBAN = Iban.parse("DE89370400440532013000")
OTHER_IBAN = Iban.parse("DE37503240001000000524")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def german_iban(number: int) -> Iban:
    """Return an account number of its own for each ``number``."""
    bban = f"37040044{number:010}"
    check_digits = 98 - int(f"{bban}131400") % 97  # ISO 7064 MOD 97-10; D is 13, E is 14
    return Iban.parse(f"DE{check_digits:02}{bban}")


# --- contracts and clients ------------------------------------------------------------------------


async def add_contract(store: Store, created: datetime = NOW) -> ContractId:
    contract = Contract(id=ContractId(IDS.new_id()), name="Example Inc.", created=created)
    keys = [
        WrappedKey(
            purpose=purpose,
            version=1,
            master_version=1,
            wrapped=purpose.value.encode(),
            active_from=NOW,
        )
        for purpose in KeyPurpose
    ]
    await store.write(lambda transaction: transaction.add_contract(contract, keys))
    return contract.id


async def add_client(
    store: Store,
    contract: ContractId,
    *,
    identity: DebtorId | None = None,
    secret_hash: bytes = b"secret",
    created: datetime = NOW,
) -> Client:
    client = Client(
        id=IDS.new_client_id(),
        contract_id=contract,
        name="shop",
        scopes=tuple(Scope),
        identity=identity,
        created=created,
    )
    await store.write(lambda transaction: transaction.add_client(client, secret_hash))
    return client


async def add_token(store: Store, client: Client, token_hash: bytes, expires: datetime) -> None:
    principal = Principal(
        contract_id=client.contract_id,
        client_id=client.id,
        debtor=None,
        scopes=frozenset({Scope.SECUCONNECT, Scope.PACE_READ}),
        expires=expires,
    )
    await store.write(lambda transaction: transaction.add_access_token(token_hash, principal, NOW))


# --- debtors --------------------------------------------------------------------------------------


def new_debtor(contract: ContractId) -> Debtor:
    return Debtor(
        contract_id=contract,
        id=DebtorId(IDS.new_id()),
        kind=DebtorKind.CUSTOMER,
        contact=Party(),
        created=NOW,
    )


async def add_debtor(
    store: Store,
    contract: ContractId,
    *,
    kind: DebtorKind = DebtorKind.CUSTOMER,
    contact: Party | None = None,
    created: datetime = NOW,
) -> DebtorRef:
    debtor = Debtor(
        contract_id=contract,
        id=DebtorId(IDS.new_id()),
        kind=kind,
        contact=contact or Party(),
        created=created,
    )
    await store.write(lambda transaction: transaction.add_debtor(debtor))
    return DebtorRef(debtor.id, kind)


async def list_customers(store: Store, contract: ContractId, page: Page) -> Listing[Debtor]:
    """Return a page of a contract's customers, and how many there are."""

    async def find(reader: Reader) -> Listing[Debtor]:
        found = await reader.customers(contract, Search(page=page))
        return Listing(await reader.count_customers(contract, Everything(), None), found)

    return await store.scan(find)


# --- bank accounts --------------------------------------------------------------------------------


def new_account(
    contract: ContractId,
    debtor: DebtorRef | None,
    iban: Iban = SEED_IBAN,
    *,
    account_id: AccountId | None = None,
    bank: str | None = "Commerzbank",
    owner: str | None = "John Doe",
    holder: Party | None = None,
    created: datetime = NOW,
) -> NewBankAccount:
    """Return an account to be kept. It is not sealed in truth, but no two look the same."""
    account = BankAccount(
        contract_id=contract,
        id=account_id or AccountId(IDS.new_id()),
        debtor=debtor,
        iban_country=iban.country,
        iban_last_four=iban.last_four,
        bic=None if bank is None else "COBADEFFXXX",
        bank_name=bank,
        owner=owner,
        holder=holder,
        created=created,
    )
    return NewBankAccount(
        account=account,
        iban=iban,
        sealed_iban=IDS.new_id().bytes,
        fingerprints=Fingerprints(sha256(iban.reveal().encode()).digest(), None),
        audit=new_audit_entry(contract, account.id),
    )


def keyed_account(new: NewBankAccount) -> KeyedBankAccount:
    """Return an account under an idempotency key of its own, which is kept for a minute."""
    account = new.account
    return KeyedBankAccount(new, _use(account.contract_id, "register_bank_account", account.id))


def audited_debtor(contract: ContractId) -> NewDebtor:
    """Return a debtor that is about to be kept, with its audit entry."""
    debtor = new_debtor(contract)
    return NewDebtor(debtor, new_audit_entry(contract, debtor.id, "debtor.registered"))


def keyed_debtor(new: NewDebtor) -> KeyedDebtor:
    """Return a debtor under an idempotency key of its own, which is kept for a minute."""
    debtor = new.debtor
    return KeyedDebtor(new, _use(debtor.contract_id, "register_debtor", debtor.id))


def _use(contract: ContractId, operation: str, result: UUID) -> KeyUse:
    return KeyUse(
        contract_id=contract,
        operation=operation,
        key_hash=sha256(result.bytes).digest(),
        command_hash=bytes(32),
        result_sealed=result.bytes,
        created=NOW,
        expires=later(60),
    )


def new_audit_entry(
    contract: ContractId, subject: UUID, action: str = "bank_account.registered"
) -> AuditEntry:
    return AuditEntry(
        contract_id=contract,
        at=NOW,
        client_id=ClientId(UUID(int=1)),
        action=action,
        subject_id=subject,
    )


async def register(store: Store, *batch: NewBankAccount) -> list[BankAccount | DomainError]:
    """Register all in one batch; return what became of each."""

    async def operation(transaction: Transaction) -> list[BankAccount | DomainError]:
        return await register_bank_accounts(transaction, batch)

    return await store.write(operation)


async def registered(store: Store, *batch: NewBankAccount) -> list[BankAccount]:
    """Register all in one batch, none of which may be refused."""
    outcomes = await register(store, *batch)
    accounts = [outcome for outcome in outcomes if isinstance(outcome, BankAccount)]
    assert accounts == outcomes
    return accounts


async def delete(store: Store, contract: ContractId, account: AccountId) -> None:
    await store.write(lambda transaction: transaction.delete_bank_account(contract, account, NOW))


async def kept(store: Store, contract: ContractId, account: AccountId) -> SealedBankAccount | None:
    """Return an account as it is kept."""
    return await store.read(lambda reader: reader.bank_account(contract, account))


async def kept_ids(store: Store, contract: ContractId, debtor: DebtorRef) -> Sequence[AccountId]:
    """Return the ids of a debtor's accounts in the order of the list."""
    found = await store.scan(lambda reader: reader.bank_accounts_of(contract, debtor.id))
    return [sealed.account.id for sealed in found]


async def list_accounts(
    store: Store, contract: ContractId, page: Page
) -> Listing[SealedBankAccount]:
    """Return a page of a contract's bank accounts, and how many there are."""

    async def find(reader: Reader) -> Listing[SealedBankAccount]:
        found = await reader.bank_accounts(contract, Search(page=page))
        return Listing(await reader.count_bank_accounts(contract, Everything(), None), found)

    return await store.scan(find)


def without_audit(new: NewBankAccount) -> SealedBankAccount:
    """Return how an account should be kept."""
    return SealedBankAccount(new.account, new.sealed_iban)
