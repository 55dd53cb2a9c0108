"""The table of verbs, on a real store."""

from collections.abc import Iterator
from uuid import UUID

import msgspec
import pytest

from lastschrift.admin.verb import Arguments, Nothing, Result, Verb
from lastschrift.admin.verbs import (
    CLIENT_CREATE,
    CLIENT_LIST,
    CLIENT_REVOKE,
    CLIENT_ROTATE_SECRET,
    CONTRACT_CREATE,
    CONTRACT_LIST,
    VERBS,
    ClientNamed,
    NewClient,
    NewContract,
    VerbFailed,
    encode,
    perform,
    read_answer,
    write_request,
)
from lastschrift.domain.access import Scope
from tests.house import House

pytestmark = pytest.mark.anyio

NOBODY = UUID(int=4711)


async def ask(house: House, verb: Verb[Arguments, Result], arguments: Arguments) -> Result:
    return read_answer(verb, await perform(house.ports, write_request(verb, arguments)))


async def test_a_contract_is_created_and_listed(house: House) -> None:
    created = await ask(house, CONTRACT_CREATE, NewContract("Stadtwerke Beispiel"))
    assert await ask(house, CONTRACT_LIST, Nothing()) == [created]
    assert (created.name, created.created) == ("Stadtwerke Beispiel", house.clock.now())


async def test_a_client_is_created_and_listed_without_its_secret(house: House) -> None:
    contract = await ask(house, CONTRACT_CREATE, NewContract("A"))
    wanted = NewClient(
        contract=contract.id, name="Shop", scopes=(Scope.PACE_READ,), has_identity=False
    )
    created = await ask(house, CLIENT_CREATE, wanted)
    (listed,) = await ask(house, CLIENT_LIST, Nothing())
    assert listed.client_id == created.client_id
    assert (listed.name, listed.contract) == ("Shop", contract.id)
    assert (listed.scopes, listed.has_identity) == ((Scope.PACE_READ,), False)
    assert listed.revoked is None
    assert created.client_secret.reveal().encode() not in encode(listed)


async def test_a_secret_is_masked_when_credentials_are_printed(house: House) -> None:
    contract = await ask(house, CONTRACT_CREATE, NewContract("A"))
    wanted = NewClient(contract=contract.id, name="Shop", scopes=tuple(Scope), has_identity=True)
    created = await ask(house, CLIENT_CREATE, wanted)
    assert created.client_secret.reveal() not in repr(created)


async def test_a_client_is_revoked_once_for_all(house: House) -> None:
    client, _ = await house.open_contract()
    first = await ask(house, CLIENT_REVOKE, ClientNamed(client.id))
    house.clock.advance(60)
    assert await ask(house, CLIENT_REVOKE, ClientNamed(client.id)) == first
    assert first.revoked is not None


async def test_a_secret_is_rotated(house: House) -> None:
    client, secret = await house.open_contract()
    renewed = await ask(house, CLIENT_ROTATE_SECRET, ClientNamed(client.id))
    assert renewed.client_id == client.id.hex
    assert renewed.client_secret.reveal() != secret.reveal()


def refused_requests() -> Iterator[tuple[bytes, str]]:
    client = write_request(CLIENT_REVOKE, ClientNamed(NOBODY))
    wanted = NewClient(contract=NOBODY, name="Shop", scopes=(), has_identity=True)
    yield client, "ClientUnknown"
    yield client.replace(b"client.revoke", b"client.rotate_secret"), "ClientUnknown"
    yield write_request(CLIENT_CREATE, wanted), "ContractUnknown"
    yield b"", "RequestNotUnderstood"
    yield b"hello\n", "RequestNotUnderstood"
    yield b'{"verb":"contract.burn","arguments":{}}\n', "RequestNotUnderstood"
    yield b'{"verb":"contract.create","arguments":{}}\n', "RequestNotUnderstood"
    yield b'{"verb":"contract.create","arguments":{"name":""}}\n', "RequestNotUnderstood"
    yield client.replace(str(NOBODY).encode(), b"4711"), "RequestNotUnderstood"


@pytest.mark.parametrize(("request_line", "fact"), list(refused_requests()))
async def test_what_cannot_be_done_is_answered_by_the_name_of_the_fact(
    house: House, request_line: bytes, fact: str
) -> None:
    answer = await perform(house.ports, request_line)
    assert msgspec.json.decode(answer) == {"error": fact}
    with pytest.raises(VerbFailed) as failed:
        read_answer(CLIENT_REVOKE, answer)
    assert failed.value.fact == fact


@pytest.mark.parametrize("answer", [b"", b"hello", b"{}", b'{"result":{"name":1}}'])
def test_an_answer_of_another_version_is_not_understood(answer: bytes) -> None:
    with pytest.raises(VerbFailed, match="RequestNotUnderstood"):
        read_answer(CONTRACT_CREATE, answer)


def test_a_request_is_one_line() -> None:
    line = write_request(CONTRACT_CREATE, NewContract("two\nlines"))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_every_verb_stands_in_the_table_under_its_name() -> None:
    assert all(name == verb.name for name, verb in VERBS.items())
