"""Turning keys: what was sealed before opens after, and at every instant on every server."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    BankAccountAlreadyRegistered,
    ContractUnknown,
    DomainError,
    KeyNotActive,
    KeyStillInUse,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId, ClientId, ContractId
from lastschrift.operations.begin_key_rotation import begin_key_rotation
from lastschrift.operations.list_keys import list_keys
from lastschrift.operations.ports import (
    KEYS_REMEMBERED_FOR,
    KEYS_SETTLED_AFTER,
    KeyPurpose,
    Ports,
    SealedIban,
    SealedResult,
    Transaction,
)
from lastschrift.operations.register_bank_account import RegisterBankAccount, register_bank_account
from lastschrift.operations.register_bank_account_once import register_bank_account_once
from lastschrift.operations.reseal import Place, reseal
from lastschrift.operations.retire_data_keys import retire_data_keys
from lastschrift.operations.reveal_bank_account import reveal_bank_account
from lastschrift.operations.rewrap_keys import rewrap_keys
from lastschrift.vault.envelope import CannotOpen, KeyVersionUnknown
from lastschrift.vault.keyring import KeyVault
from lastschrift.vault.master_key import MasterKey, MasterVersionUnknown
from tests.holders import holder_of
from tests.house import House
from tests.storage.filling import german_iban

pytestmark = pytest.mark.anyio

DATA = KeyPurpose.DATA
AT_ONCE = timedelta(0)
ROWS = 520
"""More than a piece has."""

OLD, NEW = bytes(32), bytes([1] * 32)
NOBODY = ContractId(UUID(int=404))


# --- how things are done --------------------------------------------------------------------------


@pytest.fixture
async def contract(house: House) -> ContractId:
    client, _ = await house.open_contract()
    return client.contract_id


def account_of(
    contract: ContractId, number: int, account: UUID | None = None
) -> RegisterBankAccount:
    return RegisterBankAccount(
        contract_id=contract,
        client_id=ClientId(UUID(int=1)),
        debtor=None,
        account_id=None if account is None else AccountId(account),
        iban=german_iban(number),
        bic=None,
        bank_name=None,
        owner=None,
        holder=None,
    )


async def add_accounts(ports: Ports, contract: ContractId, count: int) -> list[AccountId]:
    return [
        (await register_bank_account(ports, account_of(contract, number))).account.id
        for number in range(count)
    ]


async def reseal_all(ports: Ports, contract: ContractId, version: int) -> int:
    """Go through all rows once; return how many were sealed anew."""
    resealed, place = 0, Place()
    while True:
        piece = await reseal(ports, contract, version, place)
        resealed += piece.resealed
        if piece.place is None:
            return resealed
        place = piece.place


async def versions_of(ports: Ports, contract: ContractId) -> set[int]:
    """Return the versions under which anything of a contract is sealed."""
    ibans = await ports.store.scan(lambda reader: reader.sealed_ibans(contract, None, 10_000))
    results = await ports.store.scan(lambda reader: reader.sealed_results(contract, None, 10_000))
    sealed = [*(row.sealed for row in ibans), *(row.sealed for row in results)]
    return {int.from_bytes(value[:2], "big") for value in sealed if value is not None}


def another_server(house: House, read_master: Callable[[], MasterKey] | None = None) -> Ports:
    """Return what another server has: the same store, and a vault of its own."""
    vault = KeyVault(
        MasterKey({1: OLD}),
        read_master,
        now=house.clock.now,
        monotonic_s=lambda: house.clock.now().timestamp(),
    )
    return msgspec.structs.replace(house.ports, vault=vault)


# --- data keys ------------------------------------------------------------------------------------


async def test_afterwards_nothing_is_left_under_the_old_key_and_all_opens(
    house: House, contract: ContractId
) -> None:
    accounts = await add_accounts(house.ports, contract, ROWS)
    key = IdempotencyKey.parse("order-1")
    once = await register_bank_account_once(house.ports, account_of(contract, ROWS), key)
    assert await versions_of(house.ports, contract) == {1}
    new = await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    assert await reseal_all(house.ports, contract, new.version) == ROWS + 2
    assert await versions_of(house.ports, contract) == {2}
    for number, account in enumerate(accounts):
        revealed = await reveal_bank_account(house.ports, contract, account)
        assert revealed.iban == german_iban(number)
    again = await register_bank_account_once(house.ports, account_of(contract, ROWS), key)
    assert again.is_replayed
    assert again.result == once.result
    assert await reseal_all(house.ports, contract, new.version) == 0


async def test_a_duplicate_is_found_before_during_and_after(house: House) -> None:
    client, _ = await house.open_contract()
    contract = client.contract_id
    assert client.identity is not None
    payer = DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY)
    command = msgspec.structs.replace(
        account_of(contract, 1), debtor=payer, holder=holder_of(payer)
    )
    await register_bank_account(house.ports, command)
    new = await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    with pytest.raises(BankAccountAlreadyRegistered):
        await register_bank_account(house.ports, command)
    await reseal_all(house.ports, contract, new.version)
    with pytest.raises(BankAccountAlreadyRegistered):
        await register_bank_account(house.ports, command)


async def test_the_account_of_zeros_is_sealed_anew_too(house: House, contract: ContractId) -> None:
    await register_bank_account(house.ports, account_of(contract, 1, UUID(int=0)))
    await register_bank_account(house.ports, account_of(contract, 2, UUID(int=2**128 - 1)))
    new = await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    assert await reseal_all(house.ports, contract, new.version) == 2
    assert await versions_of(house.ports, contract) == {2}


async def test_a_rotation_begun_twice_is_one(house: House, contract: ContractId) -> None:
    first = await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    second = await begin_key_rotation(another_server(house), contract, DATA, AT_ONCE)
    assert (first.version, second) == (2, first)


async def test_before_it_seals_nothing_is_sealed_anew(house: House, contract: ContractId) -> None:
    await add_accounts(house.ports, contract, 1)
    new = await begin_key_rotation(house.ports, contract, DATA, timedelta(seconds=15))
    with pytest.raises(KeyNotActive):
        await reseal(house.ports, contract, new.version, Place())
    house.clock.advance(15)
    assert (await reseal(house.ports, contract, new.version, Place())).resealed == 1


async def test_a_row_that_has_changed_meanwhile_is_left_as_it_is(
    house: House, contract: ContractId
) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    kept = await house.store.scan(lambda reader: reader.sealed_ibans(contract, None, 10))

    async def operation(transaction: Transaction) -> None:
        await transaction.reseal_ibans(contract, [(SealedIban(account, b"read before"), b"anew")])
        old = SealedResult("register", bytes(32), b"read before")
        await transaction.reseal_results(contract, [(old, b"anew")])

    await house.store.write(operation)
    assert await house.store.scan(lambda reader: reader.sealed_ibans(contract, None, 10)) == kept


async def test_a_contract_that_there_is_not_is_told(house: House) -> None:
    with pytest.raises(ContractUnknown):
        await begin_key_rotation(house.ports, NOBODY, DATA, AT_ONCE)
    with pytest.raises(ContractUnknown):
        await rewrap_keys(house.ports, NOBODY)


# --- several servers ------------------------------------------------------------------------------


async def failures_of_two_servers(
    house: House, contract: ContractId, announced_for: timedelta
) -> int:
    """Turn the key, with two servers sealing and opening all the while; count what does not open.

    The other has read the keys just before.
    """
    here, there = house.ports, another_server(house)
    failures = 0

    async def open_there(account: AccountId) -> None:
        nonlocal failures
        try:
            await reveal_bank_account(there, contract, account)
        except CannotOpen:
            failures += 1

    await add_accounts(there, contract, 1)
    new = await begin_key_rotation(here, contract, DATA, announced_for)
    for number in range(1, 25):
        account = (await register_bank_account(here, account_of(contract, number))).account.id
        await open_there(account)
        try:
            await reseal_all(here, contract, new.version)
        except DomainError:
            assert house.clock.now() < new.active_from
        await open_there(account)
        await register_bank_account(there, account_of(contract, -number % 10**6))
        house.clock.advance(1)
    while await reseal_all(here, contract, new.version):
        pass
    assert await versions_of(here, contract) == {new.version}
    return failures


async def test_what_one_server_seals_another_opens_all_the_while(
    house: House, contract: ContractId
) -> None:
    announced_for = KEYS_REMEMBERED_FOR + timedelta(seconds=1)
    assert await failures_of_two_servers(house, contract, announced_for) == 0


async def test_without_the_announcement_another_server_could_not_open_all(
    house: House, contract: ContractId
) -> None:
    assert await failures_of_two_servers(house, contract, AT_ONCE) > 0


# --- retiring -------------------------------------------------------------------------------------


async def test_a_retired_key_is_gone_and_all_opens(house: House, contract: ContractId) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    new = await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    await reseal_all(house.ports, contract, new.version)
    with pytest.raises(KeyStillInUse):
        await retire_data_keys(house.ports, contract)
    house.clock.advance(KEYS_SETTLED_AFTER.total_seconds())
    assert await retire_data_keys(house.ports, contract) == 1
    (listed,) = await list_keys(another_server(house))
    data = [key.version for key in listed.keys if key.purpose is KeyPurpose.DATA]
    assert data == [2]
    assert (await reveal_bank_account(house.ports, contract, account)).iban == german_iban(0)
    assert await retire_data_keys(house.ports, contract) == 0
    assert (await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)).version == 3


async def test_a_key_under_which_a_row_is_left_is_not_retired(
    house: House, contract: ContractId
) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)
    house.clock.advance(KEYS_SETTLED_AFTER.total_seconds())
    with pytest.raises(KeyStillInUse):
        await retire_data_keys(house.ports, contract)
    assert await retire_data_keys(house.ports, contract) == 1
    assert (await reveal_bank_account(house.ports, contract, account)).iban == german_iban(0)


async def test_without_the_check_a_row_would_be_lost(house: House, contract: ContractId) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    await begin_key_rotation(house.ports, contract, DATA, AT_ONCE)

    async def drop(transaction: Transaction) -> None:
        await transaction.drop_contract_key(contract, KeyPurpose.DATA, 1)

    await house.store.write(drop)
    with pytest.raises(KeyVersionUnknown):
        await reveal_bank_account(another_server(house), contract, account)


# --- the master key -------------------------------------------------------------------------------


async def test_keys_wrapped_anew_open_without_the_old_master_key(
    house: House, contract: ContractId
) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    here = another_server(house, lambda: MasterKey({1: OLD, 2: NEW}))
    assert await rewrap_keys(here, contract) == 2
    assert await rewrap_keys(here, contract) == 0
    newest = KeyVault(MasterKey({2: NEW}), now=house.clock.now)
    only_new = msgspec.structs.replace(here, vault=newest)
    assert (await reveal_bank_account(only_new, contract, account)).iban == german_iban(0)


async def test_a_server_reads_the_master_key_again_when_a_version_is_new_to_it(
    house: House, contract: ContractId
) -> None:
    (account,) = await add_accounts(house.ports, contract, 1)
    await rewrap_keys(another_server(house, lambda: MasterKey({1: OLD, 2: NEW})), contract)
    follows = another_server(house, lambda: MasterKey({1: OLD, 2: NEW}))
    assert (await reveal_bank_account(follows, contract, account)).iban == german_iban(0)
    with pytest.raises(MasterVersionUnknown):
        await reveal_bank_account(another_server(house), contract, account)
