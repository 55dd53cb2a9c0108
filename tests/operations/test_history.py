"""Histories of registering and deleting, held against a model: the store comes to the same."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import BankAccountAlreadyRegistered, BankAccountUnknown, DomainError
from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.delete_bank_account import DeleteBankAccount, delete_bank_account
from lastschrift.operations.list_bank_accounts import list_bank_accounts
from lastschrift.operations.ports import Page, Search
from lastschrift.operations.register_bank_account import (
    RegisterBankAccount,
    register_bank_account,
)
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from tests.databases import lent_database
from tests.holders import holder_of
from tests.house import open_house
from tests.operations.history import Books, Ledger
from tests.operations.merchants import Merchant
from tests.storage.filling import german_iban

T = TypeVar("T")

Owned = tuple[int, DebtorRef]
"""Which contract a debtor is of, and the debtor."""

Asked = tuple[AccountId | None, Iban]
"""The id that is chosen for an account, if any, and its IBAN."""

IBANS = st.sampled_from([german_iban(number) for number in range(3)])
CHOSEN_IDS = st.none() | st.sampled_from([AccountId(UUID(int=2**127 + n)) for n in range(3)])
CONTRACTS = st.sampled_from([0, 1])
PLACES = st.integers(0, 30)
REGISTRATIONS = st.lists(st.tuples(CHOSEN_IDS, IBANS), min_size=2, max_size=5)
CLIENT = ClientId(UUID(int=1))
ALL = Search(page=Page(count=1_000, offset=0))


class History(RuleBasedStateMachine):
    """Two contracts whose debtors' accounts are registered, deleted, and registered again."""

    engine: str
    debtors: Bundle[Owned] = Bundle("debtors")

    def __init__(self) -> None:
        super().__init__()
        self.lent = ExitStack()
        self.runner = asyncio.Runner()
        self.doors = AsyncExitStack()
        self.ledger: Ledger = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.doors.aclose())
        self.runner.close()
        self.lent.close()

    # --- steps ---

    @initialize(target=debtors)
    def open_two_contracts(self) -> MultipleResults[Owned]:
        directory = self.lent.enter_context(TemporaryDirectory())
        database = self.lent.enter_context(lent_database(self.engine, Path(directory)))
        self.house = self.run(self.doors.enter_async_context(open_house(database)))
        for _ in range(2):
            client, _ = self.run(self.house.open_contract())
            self.ledger[client.contract_id] = Books()
        return multiple(*[(n, self.add_debtor(n)) for n in (0, 0, 1)])

    def add_debtor(self, number: int) -> DebtorRef:
        contract = self.contract(number)
        command = RegisterDebtor(contract_id=contract, client_id=CLIENT, contact=Party())
        debtor = self.run(register_debtor(self.house.ports, command))
        reference = DebtorRef(debtor.id, DebtorKind.CUSTOMER)
        self.ledger[contract].debtors.append(reference)
        return reference

    @rule(debtor=debtors, account_id=CHOSEN_IDS, iban=IBANS)
    def register(self, debtor: Owned, account_id: AccountId | None, iban: Iban) -> None:
        self.register_and_compare(debtor[0], debtor[1], [(account_id, iban)])

    @rule(debtor=debtors, asked=REGISTRATIONS)
    def register_many_at_once(self, debtor: Owned, asked: list[Asked]) -> None:
        self.register_and_compare(debtor[0], debtor[1], asked)

    @rule(number=CONTRACTS, account_id=CHOSEN_IDS, iban=IBANS)
    def register_for_nobody(self, number: int, account_id: AccountId | None, iban: Iban) -> None:
        self.register_and_compare(number, None, [(account_id, iban)])

    @rule(number=CONTRACTS, debtor=debtors, iban=IBANS)
    def register_for_whom_it_may_be(self, number: int, debtor: Owned, iban: Iban) -> None:
        self.register_and_compare(number, debtor[1], [(None, iban)])

    @rule(number=CONTRACTS, debtor=debtors, place=PLACES)
    def delete(self, number: int, debtor: Owned, place: int) -> None:
        held = [account.id for books in self.ledger.values() for account in books.accounts]
        if not held:
            return
        contract, account_id = self.contract(number), held[place % len(held)]
        expected = self.ledger[contract].delete(debtor[1], account_id)
        command = DeleteBankAccount(
            contract_id=contract,
            client_id=CLIENT,
            debtor_id=debtor[1].id,
            account_id=account_id,
        )
        self.compare(expected, delete_bank_account(self.house.ports, command))

    @rule(number=CONTRACTS, place=PLACES, debtor=st.none() | debtors, iban=IBANS)
    def update(self, number: int, place: int, debtor: Owned | None, iban: Iban) -> None:
        named = None if debtor is None else debtor[1]
        merchant, account_id, books = self.at(number, place)
        self.compare(
            books.update(account_id, named, iban), merchant.update(account_id, named, iban)
        )

    @rule(number=CONTRACTS, place=PLACES, debtor=debtors)
    def assign(self, number: int, place: int, debtor: Owned) -> None:
        merchant, account_id, books = self.at(number, place)
        self.compare(books.assign(account_id, debtor[1]), merchant.assign(account_id, debtor[1]))

    @rule(number=CONTRACTS, place=PLACES)
    def unassign(self, number: int, place: int) -> None:
        merchant, account_id, books = self.at(number, place)
        self.compare(books.unassign(account_id), merchant.unassign(account_id))

    @rule(number=CONTRACTS, place=PLACES)
    def archive(self, number: int, place: int) -> None:
        merchant, account_id, books = self.at(number, place)
        self.compare(books.archive(account_id), merchant.archive(account_id))

    @rule(number=CONTRACTS, place=PLACES)
    def delete_whosever(self, number: int, place: int) -> None:
        merchant, account_id, books = self.at(number, place)
        self.compare(books.delete_whosever(account_id), merchant.delete_whosever(account_id))

    @rule(number=CONTRACTS, debtor=debtors)
    def delete_debtor(self, number: int, debtor: Owned) -> None:
        merchant, _, books = self.at(number, 0)
        self.compare(books.delete_debtor(debtor[1]), merchant.delete_debtor(debtor[1]))

    @rule(seconds=st.integers(0, 3))
    def let_time_pass(self, seconds: int) -> None:
        self.house.clock.advance(seconds)

    # --- what holds at all times ---

    @invariant()
    def lists_tell_what_is_held(self) -> None:
        for contract, books in self.ledger.items():
            listing = self.run(reveal_bank_accounts(self.house.ports, contract, ALL))
            got = [(shown.account.id, shown.account.debtor, shown.iban) for shown in listing.items]
            expected = [(held.id, held.debtor, held.iban) for held in books.all_live()]
            assert listing.total == len(expected)
            assert sorted(got, key=by_id) == sorted(expected, key=by_id)

    @invariant()
    def a_debtor_holds_an_iban_once(self) -> None:
        for contract, books in self.ledger.items():
            for debtor in books.debtors:
                some = self.run(list_bank_accounts(self.house.ports, contract, debtor, ALL.page))
                last_four = [account.iban_last_four for account in some.accounts]
                assert len(last_four) == len(set(last_four))
                assert len(some.accounts) == len(books.live(debtor))

    @invariant()
    def what_is_archived_can_be_read(self) -> None:
        for contract, books in self.ledger.items():
            for held in books.accounts:
                reading = reveal_bank_account(self.house.ports, contract, held.id)
                outcome = self.run(outcome_of(reading))
                assert isinstance(outcome, BankAccountUnknown) == held.is_deleted

    # --- how ---

    def at(self, number: int, place: int) -> tuple[Merchant, AccountId, Books]:
        """Return a merchant, an account that may be another's or nobody's, and the books."""
        contract = self.contract(number)
        held = [account.id for books in self.ledger.values() for account in books.accounts]
        account_id = held[place % len(held)] if held else AccountId(UUID(int=1))
        nobody = DebtorRef(DebtorId(UUID(int=1)), DebtorKind.CUSTOMER)
        merchant = Merchant(self.house, contract, CLIENT, identity=nobody, debtor=nobody)
        return merchant, account_id, self.ledger[contract]

    def compare(self, expected: DomainError | None, work: Coroutine[Any, Any, object]) -> None:
        """Do it, and see that it comes to what the model says."""
        got = self.run(outcome_of(work))
        refusal = got if isinstance(got, DomainError) else None
        assert told(refusal) == told(expected)

    def contract(self, number: int) -> ContractId:
        return list(self.ledger)[number]

    def register_and_compare(
        self, number: int, debtor: DebtorRef | None, asked: list[Asked]
    ) -> None:
        """Register all at once: what can be kept is kept, as if it came one after the other.

        In which order, the store decides; but of the same IBAN the first is kept, unless another
        has its id. What is left out is told a reason that held in its turn, or one that holds now.
        """
        contract = self.contract(number)
        books = self.ledger[contract]
        refused = []
        got = self.run(self.register_all(contract, debtor, asked))
        for (account_id, iban), outcome in zip(asked, got, strict=True):
            reason = books.why_not(debtor, account_id, iban)
            if isinstance(outcome, RevealedBankAccount):
                assert reason is None
                assert account_id in (None, outcome.account.id)
                books.register(outcome.account.id, debtor, outcome.iban)
            else:
                refused.append((account_id, iban, reason, outcome))
        for account_id, iban, reason, outcome in refused:
            reason_now = books.why_not(debtor, account_id, iban)
            assert told(outcome) in (told(reason), told(reason_now))
            assert reason is not None or books.is_taken(account_id)

    async def register_all(
        self, contract: ContractId, debtor: DebtorRef | None, asked: list[Asked]
    ) -> list[RevealedBankAccount | DomainError]:
        commands = [
            RegisterBankAccount(
                contract_id=contract,
                client_id=CLIENT,
                debtor=debtor,
                account_id=account_id,
                iban=iban,
                bic=None,
                bank_name=None,
                owner=None,
                holder=holder_of(debtor),
            )
            for account_id, iban in asked
        ]
        registering = [register_bank_account(self.house.ports, command) for command in commands]
        return await asyncio.gather(*map(outcome_of, registering))


async def outcome_of(work: Coroutine[Any, Any, T]) -> T | DomainError:
    try:
        return await work
    except DomainError as error:
        return error


def told(outcome: object) -> tuple[type, AccountId | None]:
    """Return what an outcome tells: its kind, and the account that it names."""
    if isinstance(outcome, BankAccountAlreadyRegistered):
        return BankAccountAlreadyRegistered, outcome.account_id
    return type(outcome), None


def by_id(row: tuple[AccountId, object, object]) -> AccountId:
    return row[0]


class HistoryOnSqlite(History):
    """The same in a file."""

    engine = "sqlite"


class HistoryOnPostgres(History):
    """The same on a server."""

    engine = "postgres"


TestHistoryOnSqlite = HistoryOnSqlite.TestCase
TestHistoryOnPostgres = HistoryOnPostgres.TestCase
TestHistoryOnSqlite.settings = TestHistoryOnPostgres.settings = settings(
    max_examples=20, stateful_step_count=15
)
