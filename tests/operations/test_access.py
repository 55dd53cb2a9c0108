"""Clients and tokens: who is let in, for how long, and with what."""

import pytest

from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    ClientUnknown,
    ContractUnknown,
    CredentialsRefused,
    ScopeRefused,
    TokenRefused,
)
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.authenticate import authenticate
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.drop_expired_tokens import drop_expired_tokens
from lastschrift.operations.issue_access_token import (
    IssueAccessToken,
    IssuedToken,
    issue_access_token,
)
from lastschrift.operations.list_clients import list_clients
from lastschrift.operations.list_contracts import list_contracts
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.rotate_client_secret import rotate_client_secret
from tests.house import House

pytestmark = pytest.mark.anyio


async def issue(house: House, client: ClientId | None, secret: Secret, *scopes: str) -> IssuedToken:
    command = IssueAccessToken(client_id=client, client_secret=secret, scopes=scopes or None)
    return await issue_access_token(house.ports, command)


# --- getting a token ------------------------------------------------------------------------------


async def test_a_token_stands_for_its_client(house: House) -> None:
    client, secret = await house.open_contract()
    issued = await issue(house, client.id, secret)
    principal = await authenticate(house.ports, issued.token)
    assert client.identity is not None
    assert principal.client_id == client.id
    assert principal.contract_id == client.contract_id
    assert principal.debtor == DebtorRef(client.identity, DebtorKind.SERVICE_IDENTITY)
    assert principal.scopes == {Scope.SECUCONNECT}


async def test_a_token_of_a_client_without_identity_speaks_for_nobody(house: House) -> None:
    client, secret = await house.open_contract(has_identity=False)
    issued = await issue(house, client.id, secret)
    assert (await authenticate(house.ports, issued.token)).debtor is None


async def test_a_token_expires_after_the_seconds_that_were_told(house: House) -> None:
    issued = await issue_to_new_client(house)
    house.clock.advance(issued.lifetime_s - 0.001)
    await authenticate(house.ports, issued.token)
    house.clock.advance(0.001)
    with pytest.raises(TokenRefused):
        await authenticate(house.ports, issued.token)


async def test_a_client_may_have_several_tokens(house: House) -> None:
    client, secret = await house.open_contract()
    tokens = [(await issue(house, client.id, secret)).token for _ in range(3)]
    assert len({token.reveal() for token in tokens}) == 3
    for token in tokens:
        await authenticate(house.ports, token)


async def test_a_token_that_nobody_issued_is_refused(house: House) -> None:
    await issue_to_new_client(house)
    with pytest.raises(TokenRefused):
        await authenticate(house.ports, Secret("gm3594cd1vvqffokcf1lc8t735"))


@pytest.mark.parametrize("secret", ["", "wrong", "\ud800", "x" * 100_000])
async def test_a_wrong_secret_is_refused(house: House, secret: str) -> None:
    client, _ = await house.open_contract()
    with pytest.raises(CredentialsRefused):
        await issue(house, client.id, Secret(secret))


async def test_a_wrong_id_is_refused_in_the_same_words(house: House) -> None:
    _, secret = await house.open_contract()
    for client_id in (None, house.ports.ids.new_client_id()):
        with pytest.raises(CredentialsRefused):
            await issue(house, client_id, secret)


async def test_another_clients_secret_is_refused(house: House) -> None:
    client, _ = await house.open_contract()
    _, secret = await house.open_contract()
    with pytest.raises(CredentialsRefused):
        await issue(house, client.id, secret)


# --- scopes ---------------------------------------------------------------------------------------

READ, CREATE = Scope.PACE_READ, Scope.PACE_CREATE


@pytest.mark.parametrize(
    ("allowed", "asked", "granted"),
    [
        (tuple(Scope), (), (Scope.SECUCONNECT,)),
        ((READ, CREATE), (), (READ, CREATE)),
        ((), (), ()),
        (tuple(Scope), (CREATE,), (CREATE,)),
        (tuple(Scope), (READ, CREATE, READ), (READ, CREATE)),
        (tuple(Scope), (Scope.SECUCONNECT, READ), (Scope.SECUCONNECT, READ)),
    ],
)
async def test_what_is_granted_is_told_and_is_all_that_a_token_may_do(
    house: House, allowed: tuple[Scope, ...], asked: tuple[str, ...], granted: tuple[Scope, ...]
) -> None:
    client, secret = await house.open_contract(scopes=allowed)
    issued = await issue(house, client.id, secret, *asked)
    assert issued.scopes == granted
    assert (await authenticate(house.ports, issued.token)).scopes == set(granted)


@pytest.mark.parametrize("asked", ["everything", Scope.PACE_DELETE, f"{READ} {CREATE}", ""])
async def test_a_scope_that_the_client_may_not_have_is_refused(house: House, asked: str) -> None:
    client, secret = await house.open_contract(scopes=[READ, CREATE])
    with pytest.raises(ScopeRefused):
        await issue(house, client.id, secret, READ, asked)


# --- taking it back -------------------------------------------------------------------------------


async def test_a_revoked_client_and_its_tokens_are_refused(house: House) -> None:
    client, secret = await house.open_contract()
    issued = await issue(house, client.id, secret)
    revoked = await revoke_client(house.ports, client.id)
    assert revoked.revoked == house.clock.now()
    with pytest.raises(TokenRefused):
        await authenticate(house.ports, issued.token)
    with pytest.raises(CredentialsRefused):
        await issue(house, client.id, secret)


async def test_a_client_is_revoked_once(house: House) -> None:
    client, _ = await house.open_contract()
    first = await revoke_client(house.ports, client.id)
    house.clock.advance(60)
    assert await revoke_client(house.ports, client.id) == first


async def test_a_rotated_secret_replaces_the_old_one_and_tokens_stay_good(house: House) -> None:
    client, secret = await house.open_contract()
    issued = await issue(house, client.id, secret)
    fresh = await rotate_client_secret(house.ports, client.id)
    with pytest.raises(CredentialsRefused):
        await issue(house, client.id, secret)
    await issue(house, client.id, fresh)
    await authenticate(house.ports, issued.token)


async def test_a_client_that_there_is_not_can_not_be_changed(house: House) -> None:
    unknown = house.ports.ids.new_client_id()
    with pytest.raises(ClientUnknown):
        await revoke_client(house.ports, unknown)
    with pytest.raises(ClientUnknown):
        await rotate_client_secret(house.ports, unknown)


async def test_expired_tokens_are_dropped_and_no_others(house: House) -> None:
    client, secret = await house.open_contract()
    for _ in range(3):
        await issue(house, client.id, secret)
    house.clock.advance(600)
    fresh = await issue(house, client.id, secret)
    house.clock.advance(600)
    assert await drop_expired_tokens(house.ports) == 3
    assert await drop_expired_tokens(house.ports) == 0
    await authenticate(house.ports, fresh.token)


async def test_more_expired_tokens_than_a_piece_holds_are_all_dropped(house: House) -> None:
    client, secret = await house.open_contract()
    for _ in range(450):
        await issue(house, client.id, secret)
    house.clock.advance(1200)
    assert await drop_expired_tokens(house.ports) == 450


# --- contracts and clients ------------------------------------------------------------------------


async def test_a_client_needs_a_contract(house: House) -> None:
    command = CreateClient(
        contract_id=ContractId(house.ports.ids.new_id()), name="x", scopes=[], has_identity=True
    )
    with pytest.raises(ContractUnknown):
        await create_client(house.ports, command)
    assert await list_clients(house.ports) == []


async def test_contracts_and_clients_are_listed_as_they_were_made(house: House) -> None:
    clients: list[Client] = []
    for name in "abc":
        client, _ = await house.open_contract(name=name)
        clients.append(client)
        house.clock.advance(1)
    assert await list_clients(house.ports) == clients
    contracts = await list_contracts(house.ports)
    assert [contract.name for contract in contracts] == ["a", "b", "c"]
    assert [contract.id for contract in contracts] == [client.contract_id for client in clients]


async def test_a_contract_that_there_is_not_has_no_keys(house: House) -> None:
    with pytest.raises(ContractUnknown):
        await contract_keys(house.ports, ContractId(house.ports.ids.new_id()))


async def issue_to_new_client(house: House) -> IssuedToken:
    client, secret = await house.open_contract()
    return await issue(house, client.id, secret)
