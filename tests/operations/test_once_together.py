"""Registrations under idempotency keys that come together, in any mixture of new and known.

Mostly all of a batch is new and is kept at once; what is not goes each by itself. Whichever way it
went, what is told must fit what is kept, and no key and no account is used twice.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    DomainError,
    IdempotencyKeyTaken,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.list_debtors import list_debtors
from lastschrift.operations.ports import Page, Search
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.operations.register_bank_account_once import register_bank_account_once
from lastschrift.operations.register_debtor import RegisterDebtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.reveal_bank_accounts import reveal_bank_accounts
from tests.audit.trails import verified
from tests.databases import Database, lent_database, looking_into
from tests.holders import holder_of
from tests.house import House, open_house
from tests.operations.merchants import Merchant, merchant_of
from tests.storage.filling import IDS, german_iban

Asked = tuple[int, int, bool]
"""A registration: its key, its account, and whether its debtor is there."""

VOLLEYS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([True] * 5 + [False])),
        min_size=1,
        max_size=7,
    ),
    min_size=1,
    max_size=4,
)
ALL = Search(page=Page(count=100, offset=0))


class Told(Struct, frozen=True):
    """What came of a registration: an account (or a customer), or why there is none."""

    account: UUID | None = None
    is_replayed: bool = False
    refusal: type[DomainError] | None = None


class Books:
    """What must be kept after what was told."""

    def __init__(self) -> None:
        self.use_by_key: dict[int, tuple[int, UUID]] = {}
        self.account_by_number: dict[int, UUID] = {}

    def take_in(self, volley: Sequence[Asked], told: Sequence[Told]) -> None:
        """Hold what was told of a volley against what was told before, and against itself."""
        was_new = [self._is_new(asked) and _is_alone(asked, volley) for asked in volley]
        done = [each.account is not None and not each.is_replayed for each in told]
        for (key, number, has_debtor), each, is_done in zip(volley, told, done, strict=True):
            if is_done:
                assert each.account is not None
                assert has_debtor
                assert key not in self.use_by_key
                assert number not in self.account_by_number
                self.use_by_key[key] = number, each.account
                self.account_by_number[number] = each.account
        assert all(is_done for is_done, is_new in zip(done, was_new, strict=True) if is_new)
        for asked, each, is_done in zip(volley, told, done, strict=True):
            if not is_done:
                self._look_at(asked, each)

    def _is_new(self, asked: Asked) -> bool:
        key, number, has_debtor = asked
        is_known = key in self.use_by_key or number in self.account_by_number
        return has_debtor and not is_known

    def _look_at(self, asked: Asked, told: Told) -> None:
        """See that there is a reason why a registration was not done."""
        key, number, has_debtor = asked
        used = self.use_by_key.get(key)
        if told.is_replayed:
            assert has_debtor
            assert used == (number, told.account)
        elif told.refusal is IdempotencyKeyTaken:
            assert used is not None
            assert used[0] != number or not has_debtor
        elif told.refusal is BankAccountAlreadyRegistered:
            assert number in self.account_by_number
            assert used is None or used[0] != number
        else:
            assert told.refusal is DebtorAccessDenied
            assert not has_debtor


def _is_alone(asked: Asked, volley: Sequence[Asked]) -> bool:
    key, number, _ = asked
    return [key == other[0] or number == other[1] for other in volley].count(True) == 1


def command_of(merchant: Merchant, asked: Asked) -> RegisterBankAccount:
    _, number, has_debtor = asked
    debtor = merchant.debtor if has_debtor else replace(merchant.debtor, id=NOBODY)
    return RegisterBankAccount(
        contract_id=merchant.contract,
        client_id=merchant.client,
        debtor=debtor,
        account_id=None,
        iban=german_iban(number),
        bic="COBADEFFXXX",
        bank_name="Commerzbank",
        owner="John Doe",
        holder=holder_of(debtor),
    )


NOBODY = DebtorId(IDS.new_id())


async def ask(merchant: Merchant, asked: Asked) -> Told:
    key = IdempotencyKey.parse(f"order-{asked[0]}")
    try:
        once = await register_bank_account_once(
            merchant.house.ports, command_of(merchant, asked), key
        )
    except DomainError as refusal:
        return Told(refusal=type(refusal))
    return Told(once.result.account.id, once.is_replayed)


@settings(max_examples=40)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@given(volleys=VOLLEYS)
def test_what_is_told_fits_what_is_kept(
    engine: str, volleys: list[list[Asked]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def tell_all(database: Database) -> None:
        books = Books()
        async with open_house(database) as house:
            merchant = await merchant_of(house)
            for volley in volleys:
                told = await asyncio.gather(*[ask(merchant, asked) for asked in volley])
                books.take_in(volley, told)
            await assert_kept(house, merchant, books)
        assert not (await verified(database)).faults

    with lent_database(engine, tmp_path_factory.mktemp("once")) as database:
        asyncio.run(tell_all(database))


SAVINGS = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=7),
    min_size=1,
    max_size=4,
)
"""Volleys of customers: the key of each, and who it is."""


async def save(merchant: Merchant, key: int, who: int) -> Told:
    command = RegisterDebtor(
        contract_id=merchant.contract,
        client_id=merchant.client,
        contact=Party(family_name=f"Doe {who}"),
    )
    try:
        once = await register_debtor_once(
            merchant.house.ports, command, IdempotencyKey.parse(f"customer-{key}")
        )
    except DomainError as refusal:
        return Told(refusal=type(refusal))
    return Told(once.result.id, once.is_replayed)


@settings(max_examples=40)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@given(volleys=SAVINGS)
def test_of_each_key_one_customer_is_kept(
    engine: str, volleys: list[list[tuple[int, int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def save_all(database: Database) -> None:
        use_by_key: dict[int, tuple[int, UUID | None]] = {}
        async with open_house(database) as house:
            merchant = await merchant_of(house)
            for volley in volleys:
                told = await asyncio.gather(*[save(merchant, *asked) for asked in volley])
                for (key, who), each in zip(volley, told, strict=True):
                    if each.refusal is None and not each.is_replayed:
                        assert key not in use_by_key
                        use_by_key[key] = who, each.account
                for (key, who), each in zip(volley, told, strict=True):
                    used = use_by_key[key]
                    is_same = used[0] == who
                    assert each.refusal is (None if is_same else IdempotencyKeyTaken)
                    assert each.account == (used[1] if is_same else None)
            listing = await list_debtors(house.ports, merchant.contract, ALL)
            kept = {debtor.id for debtor in listing.items} - {merchant.debtor.id}
            assert kept == {account for _, account in use_by_key.values()}
        assert not (await verified(database)).faults

    with lent_database(engine, tmp_path_factory.mktemp("saved")) as database:
        asyncio.run(save_all(database))


async def assert_kept(house: House, merchant: Merchant, books: Books) -> None:
    """See that just what was told is kept."""
    listing = await reveal_bank_accounts(house.ports, merchant.contract, ALL)
    kept = {revealed.account.id: revealed.iban for revealed in listing.items}
    accounts = books.account_by_number.items()
    assert kept == {account: german_iban(number) for number, account in accounts}
    async with looking_into(house.database) as looking:
        ((uses,),) = await looking.rows("SELECT count(*) FROM idempotency_key")
    assert uses == len(books.use_by_key)
