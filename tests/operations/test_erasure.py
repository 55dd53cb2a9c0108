"""A payer who is erased is gone: rows, links, results, searches; what has to be kept is hidden."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec import structs

from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.errors import (
    BankAccountUnknown,
    DebtorServesClient,
    DebtorUnknown,
    DomainError,
    ResultDeleted,
    ScrollUnknown,
    StoreFailed,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.retention import LAW, Periods, kept_until
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.begin_debtor_scroll import begin_debtor_scroll
from lastschrift.operations.erase_account import EraseAccount, erase_account
from lastschrift.operations.erase_debtor import EraseDebtor, erase_debtor
from lastschrift.operations.erase_expired import erase_expired
from lastschrift.operations.erasing import ErasedCount
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.next_debtors import next_debtors
from lastschrift.operations.ports import Erased, Erasure, Everything, Field, HasText, Ports
from lastschrift.operations.read_debtor import read_debtor
from lastschrift.operations.register_debtor import RegisterDebtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.replay_erasures import replay_erasures, unknown_erasures
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.scrolling import BeginScroll
from lastschrift.operations.update_account_usage import UpdateAccountUsage, update_account_usage
from lastschrift.storage.erasure_log import FileErasureLog
from lastschrift.storage.tables import TABLES
from tests.databases import looking_into
from tests.house import House
from tests.operations.merchants import Merchant, merchant_of
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

WHOLE = Party(
    given_name="Joachim",
    family_name="Canary",
    company="Canary Ltd",
    email="joachim@canary.example",
    phone="0351",
    birth_date=date(1970, 1, 1),
    address=Address(street="Vogelweg", town="Dresden"),
)
LATER = timedelta(days=30)


@pytest.fixture
async def merchant(house: House, tmp_path: Path) -> Merchant:
    """Return a merchant whose house has an erasure log."""
    log = FileErasureLog(tmp_path / "erasures.log")
    house.ports = structs.replace(house.ports, erasure_log=log)
    return await merchant_of(house)


async def erase(
    merchant: Merchant, debtor: DebtorRef | None = None, until: datetime | None = None
) -> ErasedCount:
    command = EraseDebtor(
        contract_id=merchant.contract,
        debtor_id=(debtor or merchant.debtor).id,
        restricted_until=until,
    )
    return await erase_debtor(merchant.house.ports, command)


async def rows(merchant: Merchant, statement: str) -> list[tuple[object, ...]]:
    async with looking_into(merchant.house.database) as database:
        return await database.rows(statement)


# --- what goes ------------------------------------------------------------------------------------


KEPT = {
    "debtor": {"contract_id", "id", "kind", "created", "updated", "deleted", "erased"},
    "bank_account": {
        *("contract_id", "id", "debtor_id", "created", "updated", "deleted", "erased"),
        "managed_by",
    },
}
"""What stays of an erased row: ids and instants. Every other column holds nothing any more."""

NOTHING = {None, "", "{}"}


async def test_every_column_but_ids_and_instants_is_empty(merchant: Merchant) -> None:
    await merchant.update_debtor(WHOLE)
    account = (await merchant.register()).account.id
    await update_account_usage(
        merchant.house.ports,
        UpdateAccountUsage(
            contract_id=merchant.contract,
            client_id=merchant.client,
            debtor_id=merchant.debtor.id,
            account_id=account,
            alias="household",
            expiry=datetime(2030, 1, 1, tzinfo=UTC),
        ),
    )
    await merchant.register(number=1)
    await merchant.archive((await merchant.register(number=2)).account.id)
    await merchant.delete((await merchant.register(number=3)).account.id)
    assert await erase(merchant) == ErasedCount(debtors=1, accounts=4)
    for table in TABLES:
        if table.name in KEPT:
            emptied = [name for name in table.columns if name not in KEPT[table.name]]
            found = await rows(
                merchant, f"SELECT {', '.join(emptied)} FROM {table.name} WHERE erased IS NOT NULL"
            )
            assert len(found) == (1 if table.name == "debtor" else 4)
            assert {value for row in found for value in row} <= NOTHING, table.name


async def test_no_wire_knows_it_any_more(merchant: Merchant) -> None:
    ports = merchant.house.ports
    live = (await merchant.register()).account.id
    archived = (await merchant.register(number=1)).account.id
    await merchant.archive(archived)
    await erase(merchant)
    with pytest.raises(DebtorUnknown):
        await read_debtor(ports, merchant.contract, merchant.debtor.id)
    for account in (live, archived):
        with pytest.raises(BankAccountUnknown):
            await reveal_bank_account(ports, merchant.contract, account)
    with pytest.raises(DomainError):
        await merchant.register()
    with pytest.raises(DomainError):
        await merchant.update_debtor(WHOLE)


async def test_others_keep_what_is_theirs(merchant: Merchant) -> None:
    other = await merchant.add_debtor()
    theirs = await merchant.register(other)
    await merchant.register()
    await erase(merchant)
    found = await reveal_bank_account(merchant.house.ports, merchant.contract, theirs.account.id)
    assert found == theirs


async def test_a_user_s_link_goes_too(merchant: Merchant) -> None:
    ports, user = merchant.house.ports, OutsideUser("https://id.example.org", "4711")
    linked = await link_user(ports, LinkUser(contract_id=merchant.contract, user=user))
    assert await erase(merchant, linked) == ErasedCount(debtors=1)
    assert await rows(merchant, "SELECT subject FROM identity") == []
    again = await link_user(ports, LinkUser(contract_id=merchant.contract, user=user))
    assert again.id != linked.id


async def test_what_an_idempotency_key_was_used_for_goes_too(merchant: Merchant) -> None:
    ports = merchant.house.ports
    command = RegisterDebtor(
        contract_id=merchant.contract, client_id=merchant.client, contact=WHOLE
    )
    kept = [
        (await register_debtor_once(ports, command, IdempotencyKey.parse(f"key-{n}"))).result
        for n in range(3)
    ]
    command_of_first = EraseDebtor(contract_id=merchant.contract, debtor_id=kept[0].id)
    await erase_debtor(ports, command_of_first)
    assert len(await rows(merchant, "SELECT 1 FROM idempotency_key")) == 2
    again = await register_debtor_once(ports, command, IdempotencyKey.parse("key-1"))
    assert again.is_replayed
    await merchant.delete_debtor(DebtorRef(kept[2].id, kept[2].kind))
    with pytest.raises(ResultDeleted):
        await register_debtor_once(ports, command, IdempotencyKey.parse("key-2"))


async def test_a_search_for_it_goes_too_and_other_lists_are_read_on(merchant: Merchant) -> None:
    ports = merchant.house.ports
    begin = BeginScroll(
        condition=HasText(Field.EMAIL, "joachim@canary.example"),
        is_descending=False,
        count=1,
        lifetime_s=600,
        shown="{}",
    )
    searching = await begin_debtor_scroll(ports, merchant.contract, begin)
    everything = structs.replace(begin, condition=Everything())
    reading = await begin_debtor_scroll(ports, merchant.contract, everything)
    await erase(merchant)
    with pytest.raises(ScrollUnknown):
        await next_debtors(ports, merchant.contract, searching.scroll_id)
    assert (await next_debtors(ports, merchant.contract, reading.scroll_id)).items == []


async def test_the_audit_trail_tells_it_once(merchant: Merchant) -> None:
    await merchant.register()
    for _ in range(2):
        await erase(merchant)
    told = await rows(
        merchant, "SELECT action FROM audit_entry WHERE action LIKE '%.erased' ORDER BY action"
    )
    assert told == [("bank_account.erased",), ("debtor.erased",)]


async def test_who_is_not_there_is_not_written_down(merchant: Merchant) -> None:
    nobody = DebtorRef(DebtorId(UUID(int=4711)), merchant.debtor.kind)
    with pytest.raises(DebtorUnknown):
        await erase(merchant, nobody)
    assert await merchant.house.ports.erasure_log.read() == []


async def test_who_stands_behind_a_client_goes_when_that_is_revoked(merchant: Merchant) -> None:
    with pytest.raises(DebtorServesClient):
        await erase(merchant, merchant.identity)
    await revoke_client(merchant.house.ports, merchant.client)
    assert await erase(merchant, merchant.identity) == ErasedCount(debtors=1)


async def test_an_account_of_nobody_s_is_erased_by_its_id(merchant: Merchant) -> None:
    account = (await merchant.register_for_nobody()).account.id
    command = EraseAccount(contract_id=merchant.contract, account_id=account)
    await erase_account(merchant.house.ports, command)
    await erase_account(merchant.house.ports, command)
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(merchant.house.ports, merchant.contract, account)
    assert await rows(merchant, "SELECT iban_sealed FROM bank_account") == [(None,)]


# --- what stays for a time ------------------------------------------------------------------------


async def test_what_has_to_be_kept_is_shown_to_nobody_and_goes_in_the_end(
    merchant: Merchant,
) -> None:
    ports, clock = merchant.house.ports, merchant.house.clock
    account = (await merchant.register()).account.id
    until = clock.now() + timedelta(days=500)
    assert await erase(merchant, until=until) == ErasedCount(debtors=1, restricted=1)
    with pytest.raises(BankAccountUnknown):
        await reveal_bank_account(ports, merchant.contract, account)
    assert await rows(merchant, "SELECT contact FROM debtor WHERE erased IS NOT NULL") == [("{}",)]
    ((sealed,),) = await rows(merchant, "SELECT iban_sealed FROM bank_account")
    assert sealed is not None
    assert await erase_expired(ports, timedelta(0)) == ErasedCount()
    clock.set(until)
    assert await erase_expired(ports, LATER) == ErasedCount(accounts=1)
    assert await rows(merchant, "SELECT iban_sealed FROM bank_account") == [(None,)]


async def test_what_was_deleted_is_erased_when_its_time_is_over(merchant: Merchant) -> None:
    ports, clock = merchant.house.ports, merchant.house.clock
    other = await merchant.add_debtor()
    live = await merchant.register(other)
    archived = (await merchant.register(other, number=1)).account.id
    await merchant.archive(archived)
    await merchant.delete((await merchant.register(other, number=2)).account.id, other)
    await merchant.register()
    await merchant.delete_debtor()
    clock.advance(LATER.total_seconds())
    assert await erase_expired(ports, LATER) == ErasedCount()
    clock.advance(1)
    assert await erase_expired(ports, LATER) == ErasedCount(debtors=1, accounts=2)
    assert await erase_expired(ports, LATER) == ErasedCount()
    assert await reveal_bank_account(ports, merchant.contract, live.account.id) == live
    assert await reveal_bank_account(ports, merchant.contract, archived)


@pytest.mark.parametrize(
    ("last", "periods", "until"),
    [
        (date(2026, 1, 1), LAW, date(2035, 1, 1)),
        (date(2026, 12, 31), LAW, date(2035, 1, 1)),
        (date(2027, 1, 1), LAW, date(2036, 1, 1)),
        (date(2026, 12, 31), Periods(mandate_months=14, voucher_years=0), date(2028, 2, 29)),
        (date(2026, 1, 31), Periods(mandate_months=13, voucher_years=0), date(2027, 2, 28)),
        (date(2026, 1, 31), Periods(mandate_months=0, voucher_years=0), date(2027, 1, 1)),
    ],
)
def test_the_longest_period_counts(last: date, periods: Periods, until: date) -> None:
    assert kept_until(last, periods) == until


# --- the log --------------------------------------------------------------------------------------


async def test_it_is_written_down_before_it_is_done(merchant: Merchant) -> None:
    ports = merchant.house.ports
    await merchant.register()

    class Broken:
        """A store that can't be written."""

        read = ports.store.read

        async def write(self, operation: object) -> None:
            raise StoreFailed

    broken = structs.replace(ports, store=Broken())
    command = EraseDebtor(contract_id=merchant.contract, debtor_id=merchant.debtor.id)
    with pytest.raises(StoreFailed):
        await erase_debtor(broken, command)
    log = await ports.erasure_log.read()
    (unknown,) = await unknown_erasures(ports, log)
    assert unknown.id == merchant.debtor.id
    assert await replay_erasures(ports) == ErasedCount(debtors=1, accounts=1)
    assert await unknown_erasures(ports, log) == []


async def test_a_log_of_things_that_are_not_there_is_no_hindrance(merchant: Merchant) -> None:
    nobody = Erasure(
        at=merchant.house.clock.now(),
        of=Erased.DEBTOR,
        contract_id=ContractId(UUID(int=4711)),
        id=UUID(int=4712),
    )
    no_account = structs.replace(nobody, of=Erased.ACCOUNT)
    await merchant.house.ports.erasure_log.write([nobody, no_account])
    assert await replay_erasures(merchant.house.ports) == ErasedCount()


# --- at once --------------------------------------------------------------------------------------


async def at_once(ports: Ports, merchant: Merchant, number: int) -> None:
    """Let everybody change a debtor's data while it is erased."""
    debtor = await merchant.add_debtor()
    accounts = [(await merchant.register(debtor, number=100 + n)).account.id for n in range(3)]
    free = (await merchant.register_for_nobody(number=200)).account.id
    asked = [
        merchant.update_debtor(WHOLE, debtor),
        merchant.update(accounts[0], iban=german_iban(300 + number)),
        merchant.assign(free, debtor),
        merchant.register(debtor, number=400),
        erase(merchant, debtor),
        merchant.register(debtor, number=401),
        merchant.archive(accounts[1]),
        merchant.update_debtor(WHOLE, debtor),
        merchant.update(accounts[2], debtor, iban=german_iban(500 + number)),
        update_account_usage(
            ports,
            UpdateAccountUsage(
                contract_id=merchant.contract,
                client_id=merchant.client,
                debtor_id=debtor.id,
                account_id=accounts[1],
                alias="mine",
            ),
        ),
    ]
    for outcome in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, DomainError):
            raise outcome


async def test_nothing_that_is_under_way_brings_data_back(merchant: Merchant) -> None:
    for number in range(10):
        await at_once(merchant.house.ports, merchant, number)
    left = await rows(
        merchant,
        "SELECT a.id FROM bank_account a JOIN debtor d ON d.id = a.debtor_id"
        " WHERE d.erased IS NOT NULL"
        "   AND (a.erased IS NULL OR a.iban_sealed IS NOT NULL OR a.alias IS NOT NULL)",
    )
    named = await rows(
        merchant, "SELECT id FROM debtor WHERE erased IS NOT NULL AND folded_company <> ''"
    )
    erased = await rows(merchant, "SELECT id FROM debtor WHERE erased IS NOT NULL")
    assert (left, named, len(erased)) == ([], [], 10)
