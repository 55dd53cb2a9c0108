"""What can be wanted of an installation: one table, from a verb's name to what it takes and gives.

A request is one JSON line, ``{"verb": ..., "arguments": {...}}``; so is the answer, either
``{"result": ...}`` or ``{"error": ...}`` with the name of the fact that stood in the way.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from lastschrift.admin.erasure_verbs import ERASURE_VERBS
from lastschrift.admin.identity_verbs import IDENTITY_VERBS
from lastschrift.admin.key_verbs import KEY_VERBS
from lastschrift.admin.verb import Arguments, Nothing, Result, Verb
from lastschrift.domain.access import Client, Contract, IdentityLinking, Scope, Secret
from lastschrift.domain.errors import DomainError
from lastschrift.domain.identity import ClientId, ContractId
from lastschrift.operations.change_identity_linking import change_identity_linking
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.list_clients import list_clients
from lastschrift.operations.list_contracts import list_contracts
from lastschrift.operations.ports import Ports
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.rotate_client_secret import rotate_client_secret

NAME_CHARACTERS_MAX = 140

NOT_UNDERSTOOD = "RequestNotUnderstood"
"""The fact that holder and command are of two versions: one does not know the other's verbs."""

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]


# --- what verbs take and give ---------------------------------------------------------------------


class NewContract(Struct, frozen=True):
    """The arguments of ``contract.create``."""

    name: Name
    identities: IdentityLinking = IdentityLinking.FIRST_USE


class ContractChange(Struct, frozen=True):
    """The arguments of ``contract.change``."""

    contract: UUID
    identities: IdentityLinking


class ContractTold(Struct, frozen=True, kw_only=True):
    """A contract, as it is told."""

    id: UUID
    name: str
    created: datetime
    identities: IdentityLinking


class NewClient(Struct, frozen=True, kw_only=True):
    """The arguments of ``client.create``."""

    contract: UUID
    name: Name
    scopes: tuple[Scope, ...]
    has_identity: bool
    manages: bool = False


class ClientNamed(Struct, frozen=True):
    """The arguments of a verb that is about one client."""

    client: UUID


class ClientTold(Struct, frozen=True, kw_only=True):
    """A client, as it is told: without its secret."""

    client_id: str
    contract: UUID
    name: str
    scopes: tuple[Scope, ...]
    has_identity: bool
    manages: bool
    created: datetime
    revoked: datetime | None


class Credentials(Struct, frozen=True, kw_only=True):
    """A client's credentials, told once."""

    client_id: str
    client_secret: Secret


class ClientCreated(Credentials, frozen=True, kw_only=True):
    """A new client's credentials, and what it may ask for."""

    scopes: tuple[Scope, ...]


# --- the table ------------------------------------------------------------------------------------


async def _create_contract(ports: Ports, wanted: NewContract) -> ContractTold:
    command = CreateContract(name=wanted.name, identity_linking=wanted.identities)
    return _told_contract(await create_contract(ports, command))


async def _change_contract(ports: Ports, wanted: ContractChange) -> ContractTold:
    contract = ContractId(wanted.contract)
    return _told_contract(await change_identity_linking(ports, contract, wanted.identities))


async def _list_contracts(ports: Ports, _wanted: Nothing) -> list[ContractTold]:
    return [_told_contract(contract) for contract in await list_contracts(ports)]


async def _create_client(ports: Ports, wanted: NewClient) -> ClientCreated:
    command = CreateClient(
        contract_id=ContractId(wanted.contract),
        name=wanted.name,
        scopes=wanted.scopes,
        has_identity=wanted.has_identity,
        manages=wanted.manages,
    )
    created = await create_client(ports, command)
    return ClientCreated(
        client_id=created.client.id.hex,
        client_secret=created.secret,
        scopes=created.client.scopes,
    )


async def _list_clients(ports: Ports, _wanted: Nothing) -> list[ClientTold]:
    return [_told_client(client) for client in await list_clients(ports)]


async def _revoke_client(ports: Ports, wanted: ClientNamed) -> ClientTold:
    return _told_client(await revoke_client(ports, ClientId(wanted.client)))


async def _rotate_secret(ports: Ports, wanted: ClientNamed) -> Credentials:
    secret = await rotate_client_secret(ports, ClientId(wanted.client))
    return Credentials(client_id=wanted.client.hex, client_secret=secret)


CONTRACT_CREATE = Verb("contract.create", NewContract, ContractTold, _create_contract)
CONTRACT_CHANGE = Verb("contract.change", ContractChange, ContractTold, _change_contract)
CONTRACT_LIST = Verb("contract.list", Nothing, list[ContractTold], _list_contracts)
CLIENT_CREATE = Verb("client.create", NewClient, ClientCreated, _create_client)
CLIENT_LIST = Verb("client.list", Nothing, list[ClientTold], _list_clients)
CLIENT_REVOKE = Verb("client.revoke", ClientNamed, ClientTold, _revoke_client)
CLIENT_ROTATE_SECRET = Verb("client.rotate_secret", ClientNamed, Credentials, _rotate_secret)

_ALL: Sequence[Verb[Any, Any]] = (
    CONTRACT_CREATE,
    CONTRACT_CHANGE,
    CONTRACT_LIST,
    CLIENT_CREATE,
    CLIENT_LIST,
    CLIENT_REVOKE,
    CLIENT_ROTATE_SECRET,
    *IDENTITY_VERBS,
    *KEY_VERBS,
    *ERASURE_VERBS,
)
VERBS = {verb.name: verb for verb in _ALL}


def _told_contract(contract: Contract) -> ContractTold:
    return ContractTold(
        id=contract.id,
        name=contract.name,
        created=contract.created,
        identities=contract.identity_linking,
    )


def _told_client(client: Client) -> ClientTold:
    return ClientTold(
        client_id=client.id.hex,
        contract=client.contract_id,
        name=client.name,
        scopes=client.scopes,
        has_identity=client.identity is not None,
        manages=client.manages,
        created=client.created,
        revoked=client.revoked,
    )


# --- requests and answers -------------------------------------------------------------------------


class _Request(Struct, frozen=True):
    verb: str
    arguments: Raw


class _Answer(Struct, frozen=True):
    result: Raw = Raw()
    error: str = ""


class VerbFailed(Exception):
    """What was wanted could not be done; ``fact`` is the name of what stood in the way."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def write_request(verb: Verb[Arguments, Result], arguments: Arguments) -> bytes:
    """Return the line that asks for a verb."""
    return encode(_Request(verb.name, Raw(encode(arguments)))) + b"\n"


async def perform(ports: Ports, request: bytes) -> bytes:
    """Do what a line asks for, and return the line that answers it."""
    try:
        asked = msgspec.json.decode(request, type=_Request)
        verb = VERBS[asked.verb]
        arguments = msgspec.json.decode(asked.arguments, type=verb.arguments)
    except (msgspec.DecodeError, KeyError):
        return write_failure(NOT_UNDERSTOOD)
    try:
        result = await verb.perform(ports, arguments)
    except DomainError as fact:
        return write_failure(type(fact).__name__)
    return encode({"result": result}) + b"\n"


def write_failure(fact: str) -> bytes:
    """Return the line that says what stood in the way."""
    return encode({"error": fact}) + b"\n"


def read_answer(verb: Verb[Arguments, Result], answer: bytes) -> Result:
    """Return what a line answers.

    Raises: VerbFailed.
    """
    try:
        told = msgspec.json.decode(answer, type=_Answer)
        if told.error:
            raise VerbFailed(told.error)
        return msgspec.json.decode(told.result, type=verb.result, dec_hook=_read_secret)
    except msgspec.DecodeError:
        raise VerbFailed(NOT_UNDERSTOOD) from None


def encode(value: object) -> bytes:
    """Return JSON, with secrets in clear."""
    return msgspec.json.encode(value, enc_hook=_write_secret)


def _write_secret(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)


def _read_secret(kind: type[Any], value: object) -> Secret:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise NotImplementedError(kind.__name__)
