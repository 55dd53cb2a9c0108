"""Many who change the same things at once, on both engines: one debtor holds an IBAN once.

Nobody meets an error of the database; of those who can't all have their way one has it, and the
others are told a fact that holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from random import Random

import pytest

from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    BankAccountUnknown,
    DebtorAccessDenied,
    DebtorUnknown,
    DomainError,
)
from lastschrift.domain.party import Party
from tests.databases import looking_into
from tests.house import House
from tests.operations.merchants import Merchant, merchant_of
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

WRITERS = 12
"""More than PostgreSQL has connections, so that some wait for one as well."""


@pytest.fixture
async def merchant(house: House) -> Merchant:
    """Return a merchant with one debtor."""
    return await merchant_of(house)


async def outcomes(asked: Iterable[Awaitable[object]]) -> list[object]:
    """Do all at once; return what each comes to. An error that is no fact is raised."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    for outcome in found:
        if isinstance(outcome, BaseException) and not isinstance(outcome, DomainError):
            raise outcome
    return list(found)


def refusals(found: Iterable[object]) -> list[type[DomainError]]:
    return [type(outcome) for outcome in found if isinstance(outcome, DomainError)]


async def assert_books_are_right(merchant: Merchant) -> None:
    """No debtor holds an IBAN twice, and nothing that is live is of a deleted debtor."""
    async with looking_into(merchant.house.database) as database:
        twice = await database.rows(
            "SELECT debtor_id FROM bank_account WHERE deleted IS NULL AND debtor_id IS NOT NULL"
            " GROUP BY contract_id, debtor_id, fingerprint HAVING count(*) > 1"
        )
        left = await database.rows(
            "SELECT a.id FROM bank_account a JOIN debtor d ON d.id = a.debtor_id"
            " WHERE a.deleted IS NULL AND d.deleted IS NOT NULL"
        )
    assert (twice, left) == ([], [])


# --- the same IBAN for one debtor -----------------------------------------------------------------


async def test_of_many_replaced_by_one_iban_one_is(merchant: Merchant) -> None:
    accounts = [(await merchant.register(number=n)).account.id for n in range(WRITERS)]
    found = await outcomes(merchant.update(account, iban=german_iban(99)) for account in accounts)
    assert refusals(found) == [BankAccountAlreadyRegistered] * (WRITERS - 1)
    (winner,) = [one for one in found if isinstance(one, RevealedBankAccount)]
    told = {one.account_id for one in found if isinstance(one, BankAccountAlreadyRegistered)}
    assert told == {winner.account.id}
    await assert_books_are_right(merchant)


async def test_of_many_assigned_with_one_iban_one_is(merchant: Merchant) -> None:
    accounts = [(await merchant.register_for_nobody()).account.id for _ in range(WRITERS)]
    found = await outcomes(merchant.assign(account, merchant.debtor) for account in accounts)
    assert refusals(found) == [BankAccountAlreadyRegistered] * (WRITERS - 1)
    await assert_books_are_right(merchant)


async def test_of_many_ways_to_one_iban_one_succeeds(merchant: Merchant) -> None:
    held = [(await merchant.register(number=n)).account.id for n in range(4)]
    free = [(await merchant.register_for_nobody(number=99)).account.id for _ in range(4)]
    found = await outcomes(
        [
            *[merchant.update(account, iban=german_iban(99)) for account in held],
            *[merchant.assign(account, merchant.debtor) for account in free],
            *[merchant.register(number=99) for _ in range(4)],
        ]
    )
    assert refusals(found) == [BankAccountAlreadyRegistered] * 11
    await assert_books_are_right(merchant)


async def test_an_iban_that_comes_free_goes_to_one(merchant: Merchant) -> None:
    account = (await merchant.register(number=99)).account.id
    asked = [merchant.register(number=99) for _ in range(4)]
    found = await outcomes([merchant.archive(account), *asked])
    assert set(refusals(found)) <= {BankAccountAlreadyRegistered}
    assert len(refusals(found)) >= 3
    await assert_books_are_right(merchant)


# --- a debtor that is being deleted ---------------------------------------------------------------


async def test_nothing_lands_under_a_debtor_that_is_deleted(merchant: Merchant) -> None:
    for _ in range(3):
        debtor = await merchant.add_debtor()
        free = [(await merchant.register_for_nobody(n)).account.id for n in range(3)]
        others = [(await merchant.register(number=None)).account.id]
        found = await outcomes(
            [
                *[merchant.register(debtor, number=10 + n) for n in range(4)],
                merchant.delete_debtor(debtor),
                *[merchant.register(debtor, number=20 + n) for n in range(4)],
                *[merchant.assign(account, debtor) for account in free],
                *[merchant.update(account, debtor, iban=german_iban(30)) for account in others],
                merchant.update_debtor(merchant_contact(), debtor),
            ]
        )
        assert set(refusals(found)) <= {DebtorAccessDenied, DebtorUnknown, BankAccountUnknown}
        await assert_books_are_right(merchant)
        with pytest.raises(DebtorUnknown):
            await merchant.delete_debtor(debtor)
        for account in others:
            await outcomes([merchant.delete_whosever(account)])


async def test_an_account_that_goes_with_its_debtor_is_gone_for_who_replaces_it(
    merchant: Merchant,
) -> None:
    """As if one came after the other: there is no moment with the account and no debtor."""
    for number in range(WRITERS):
        debtor = await merchant.add_debtor()
        account = (await merchant.register(debtor, number=number)).account.id
        replacing = [merchant.update(account, debtor, german_iban(99)) for _ in range(3)]
        found = await outcomes([merchant.delete_debtor(debtor), *replacing])
        assert set(refusals(found)) <= {BankAccountUnknown}


def merchant_contact() -> Party:
    return Party(company="Another Inc.")


async def test_a_debtor_is_deleted_once(merchant: Merchant) -> None:
    await merchant.register()
    found = await outcomes(merchant.delete_debtor() for _ in range(WRITERS))
    assert refusals(found) == [DebtorUnknown] * (WRITERS - 1)
    async with looking_into(merchant.house.database) as database:
        written = await database.rows(
            "SELECT action FROM audit_entry WHERE action LIKE '%.deleted' ORDER BY action"
        )
    assert written == [("bank_account.deleted",), ("debtor.deleted",)]


# --- one account ----------------------------------------------------------------------------------


async def test_an_account_is_taken_away_once(merchant: Merchant) -> None:
    account = (await merchant.register()).account.id
    found = await outcomes(merchant.delete_whosever(account) for _ in range(WRITERS))
    assert refusals(found) == [BankAccountUnknown] * (WRITERS - 1)


async def test_no_change_of_an_account_is_lost(merchant: Merchant) -> None:
    """Who replaces, keeps the debtor; who assigns, keeps the data: both changes are there."""
    for number in range(4):
        account = (await merchant.register_for_nobody(number)).account.id
        await outcomes(
            [
                merchant.update(account, iban=german_iban(100 + number), owner="Jane Doe"),
                merchant.assign(account, merchant.debtor),
            ]
        )
        found = await merchant.delete_whosever(account)
        assert found.account.owner == "Jane Doe"
        assert found.account.debtor == merchant.debtor


async def test_whatever_is_done_at_once_leaves_the_books_right(merchant: Merchant) -> None:
    """Among few debtors and few IBANs everybody is in everybody's way, deadlocks included."""
    dice = Random(20261121)
    debtors = [merchant.debtor, *[await merchant.add_debtor() for _ in range(3)]]
    accounts = [
        (await merchant.register(dice.choice(debtors), number=100 + n)).account.id for n in range(6)
    ]

    def anything() -> Awaitable[object]:
        account, debtor, number = dice.choice(accounts), dice.choice(debtors), dice.randrange(3)
        ways: list[Callable[[], Awaitable[object]]] = [
            lambda: merchant.register(debtor, number),
            lambda: merchant.update(account, iban=german_iban(number)),
            lambda: merchant.update(account, debtor, german_iban(number)),
            lambda: merchant.assign(account, debtor),
            lambda: merchant.unassign(account),
            lambda: merchant.unassign(account, debtor),
        ]
        return dice.choice(ways)()

    for _ in range(4):
        found = await outcomes([anything() for _ in range(2 * WRITERS)])
        assert set(refusals(found)) <= {BankAccountAlreadyRegistered, DebtorUnknown}
        await assert_books_are_right(merchant)
    await outcomes([*[anything() for _ in range(WRITERS)], merchant.delete_debtor(debtors[0])])
    await assert_books_are_right(merchant)
