"""What every store does with contracts, clients and access tokens."""

from datetime import timedelta

import pytest

from lastschrift.domain.access import AccessToken, Client, Contract, Principal, Scope
from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.ports import KeyPurpose, Store, WrappedKey
from tests.storage.filling import (
    IDS,
    NOW,
    add_client,
    add_contract,
    add_debtor,
    add_token,
    later,
)

pytestmark = pytest.mark.anyio

TOKEN = b"\x01" * 32


# --- contracts ------------------------------------------------------------------------------------


async def test_a_contract_is_kept_with_its_keys(store: Store) -> None:
    contract = Contract(id=ContractId(IDS.new_id()), name="Grüße GmbH", created=NOW)
    keys = [
        WrappedKey(
            purpose=purpose,
            version=version,
            master_version=3,
            wrapped=bytes([version]),
            active_from=later(version),
            complete_from=None if version == 2 else later(3),
        )
        for purpose in (KeyPurpose.DATA, KeyPurpose.FINGERPRINT)
        for version in (1, 2)
    ]
    await store.write(lambda transaction: transaction.add_contract(contract, keys))
    assert await store.read(lambda reader: reader.contract(contract.id)) == contract
    assert await store.read(lambda reader: reader.wrapped_keys(contract.id)) == keys


async def test_a_contract_that_there_is_not_has_no_keys(store: Store) -> None:
    await add_contract(store)
    unknown = ContractId(IDS.new_id())
    assert await store.read(lambda reader: reader.contract(unknown)) is None
    assert await store.read(lambda reader: reader.wrapped_keys(unknown)) == []


async def test_contracts_are_listed_oldest_first(store: Store) -> None:
    ids = [await add_contract(store, created) for created in (later(1), NOW, later(1))]
    contracts = await store.scan(lambda reader: reader.contracts())
    assert [contract.id for contract in contracts] == [ids[1], ids[0], ids[2]]


# --- clients --------------------------------------------------------------------------------------


async def test_a_client_is_kept_with_its_secrets_hash(store: Store) -> None:
    contract = await add_contract(store)
    identity = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    client = await add_client(store, contract, identity=identity.id, secret_hash=b"hash")
    assert await store.read(lambda reader: reader.client(client.id)) == client
    assert await secret_hash_of(store, client.id) == b"hash"


async def test_a_client_that_there_is_not_has_another_hash(store: Store) -> None:
    unknown = IDS.new_client_id()
    assert await store.read(lambda reader: reader.client(unknown)) is None
    assert await secret_hash_of(store, unknown) == b"otherwise"


async def test_clients_are_listed_oldest_first(store: Store) -> None:
    contract = await add_contract(store)
    clients = [await add_client(store, contract, created=at) for at in (later(1), NOW)]
    assert await store.scan(lambda reader: reader.clients()) == clients[::-1]


async def test_a_revoked_client_says_since_when(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    await revoke(store, client.id, 1)
    await revoke(store, client.id, 2)
    found = await store.read(lambda reader: reader.client(client.id))
    assert found is not None
    assert found.revoked == later(1)


async def test_a_replaced_secret_is_the_only_one(store: Store) -> None:
    contract = await add_contract(store)
    client, other = await add_client(store, contract), await add_client(store, contract)
    await store.write(lambda transaction: transaction.replace_secret(client.id, b"new"))
    assert await secret_hash_of(store, client.id) == b"new"
    assert await secret_hash_of(store, other.id) == b"secret"


# --- tokens ---------------------------------------------------------------------------------------


async def test_a_token_stands_for_its_client_and_the_payer_behind_it(store: Store) -> None:
    contract = await add_contract(store)
    identity = await add_debtor(store, contract, kind=DebtorKind.SERVICE_IDENTITY)
    client = await add_client(store, contract, identity=identity.id)
    await add_token(store, client, TOKEN, expires=later(1200))
    assert await principal(store, TOKEN, seconds=0) == Principal(
        contract_id=contract,
        client_id=client.id,
        debtor=identity,
        scopes=frozenset({Scope.SECUCONNECT, Scope.PACE_READ}),
        expires=later(1200),
    )


async def test_a_token_of_a_client_without_identity_stands_for_no_payer(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    await add_token(store, client, TOKEN, expires=later(1200))
    found = await principal(store, TOKEN, seconds=0)
    assert found is not None
    assert found.debtor is None


@pytest.mark.parametrize(("seconds", "is_good"), [(1199.999999, True), (1200, False)])
async def test_a_token_is_good_until_it_expires(
    store: Store, seconds: float, *, is_good: bool
) -> None:
    client = await add_client(store, await add_contract(store))
    await add_token(store, client, TOKEN, expires=NOW + timedelta(seconds=1200))
    assert (await principal(store, TOKEN, seconds) is not None) == is_good


async def test_a_token_that_was_never_issued_stands_for_nobody(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    await add_token(store, client, TOKEN, expires=later(1200))
    assert await principal(store, b"\x02" * 32, seconds=0) is None


async def test_a_token_of_a_revoked_client_stands_for_nobody(store: Store) -> None:
    contract = await add_contract(store)
    client, other = await add_client(store, contract), await add_client(store, contract)
    await add_token(store, client, TOKEN, expires=later(1200))
    await add_token(store, other, b"\x02" * 32, expires=later(1200))
    await revoke(store, client.id, 1)
    assert await principal(store, TOKEN, seconds=2) is None
    assert await principal(store, b"\x02" * 32, seconds=2) is not None


async def test_what_a_token_is_good_for_is_told_to_its_contract(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    await add_token(store, client, TOKEN, expires=later(1200))
    assert await access_token(store, client.contract_id, TOKEN, seconds=1) == AccessToken(
        client_id=client.id,
        scopes=(Scope.SECUCONNECT, Scope.PACE_READ),
        issued=NOW,
        expires=later(1200),
    )
    assert await access_token(store, await add_contract(store), TOKEN, seconds=1) is None
    assert await access_token(store, client.contract_id, b"\x02" * 32, seconds=1) is None
    assert await access_token(store, client.contract_id, TOKEN, seconds=1200) is None


async def test_a_token_of_a_revoked_client_is_good_for_nothing(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    await add_token(store, client, TOKEN, expires=later(1200))
    await revoke(store, client.id, 1)
    assert await access_token(store, client.contract_id, TOKEN, seconds=2) is None


async def test_a_revoked_token_stands_for_nobody(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    for token in (TOKEN, b"\x02" * 32):
        await add_token(store, client, token, expires=later(1200))
    assert await revoke_token(store, client, TOKEN)
    assert await principal(store, TOKEN, seconds=1) is None
    assert await principal(store, b"\x02" * 32, seconds=1) is not None
    assert not await revoke_token(store, client, TOKEN)


async def test_only_the_client_that_has_it_revokes_a_token(store: Store) -> None:
    contract = await add_contract(store)
    client, other = await add_client(store, contract), await add_client(store, contract)
    await add_token(store, client, TOKEN, expires=later(1200))
    assert not await revoke_token(store, other, TOKEN)
    assert await principal(store, TOKEN, seconds=1) is not None


async def test_expired_tokens_are_dropped_piece_by_piece(store: Store) -> None:
    client = await add_client(store, await add_contract(store))
    for number in range(7):
        await add_token(store, client, bytes([number]), expires=later(number))
    dropped = [await drop_expired(store, seconds=4, rows_max=2) for _ in range(4)]
    assert dropped == [2, 2, 1, 0]
    left = [
        number for number in range(7) if await principal(store, bytes([number]), -1) is not None
    ]
    assert left == [5, 6]


async def principal(store: Store, token_hash: bytes, seconds: float) -> Principal | None:
    return await store.read(lambda reader: reader.principal(token_hash, later(seconds)))


async def access_token(
    store: Store, contract: ContractId, token_hash: bytes, seconds: float
) -> AccessToken | None:
    return await store.read(
        lambda reader: reader.access_token(contract, token_hash, later(seconds))
    )


async def revoke_token(store: Store, client: Client, token_hash: bytes) -> bool:
    return await store.write(
        lambda transaction: transaction.revoke_access_token(
            client.contract_id, client.id, token_hash
        )
    )


async def revoke(store: Store, client: ClientId, seconds: int) -> None:
    await store.write(lambda transaction: transaction.revoke_client(client, later(seconds)))


async def drop_expired(store: Store, seconds: int, rows_max: int) -> int:
    return await store.write(
        lambda transaction: transaction.drop_expired_tokens(later(seconds), rows_max)
    )


async def secret_hash_of(store: Store, client: ClientId) -> bytes:
    return await store.read(lambda reader: reader.secret_hash(client, b"otherwise"))
