"""Giving a contract an OAuth client."""

from collections.abc import Sequence

from msgspec import Struct

from lastschrift.domain.access import Client, Scope, Secret
from lastschrift.domain.debtor import Debtor, DebtorKind
from lastschrift.domain.errors import ContractUnknown
from lastschrift.domain.identity import ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.operations.auditing import audit_entry
from lastschrift.operations.hashing import secret_hash
from lastschrift.operations.ports import Ports, Transaction


class CreateClient(Struct, frozen=True, kw_only=True):
    """A client to be made.

    ``has_identity``: a debtor of its own stands behind its tokens, where a wire asks for a payer.
    ``manages``: what accounts it registers, no other client may delete.
    ``client_id`` and ``client_secret`` are drawn at random unless given (the sandbox gives them).
    """

    contract_id: ContractId
    name: str
    scopes: Sequence[Scope]
    has_identity: bool
    manages: bool = False
    client_id: ClientId | None = None
    client_secret: Secret | None = None


class CreatedClient(Struct, frozen=True):
    """A new client, and its secret to be told once."""

    client: Client
    secret: Secret


async def create_client(ports: Ports, command: CreateClient) -> CreatedClient:
    """Make a client of a contract.

    Raises: ContractUnknown.
    """
    secret = command.client_secret or ports.ids.new_client_secret()
    identity = _service_identity(ports, command) if command.has_identity else None
    client = Client(
        id=command.client_id or ports.ids.new_client_id(),
        contract_id=command.contract_id,
        name=command.name,
        scopes=tuple(command.scopes),
        identity=None if identity is None else identity.id,
        created=ports.clock.now(),
        manages=command.manages,
    )
    audit = audit_entry(
        ports, "client.created", contract_id=client.contract_id, subject_id=client.id
    )

    async def operation(transaction: Transaction) -> None:
        if await transaction.contract(client.contract_id) is None:
            raise ContractUnknown
        if identity is not None:
            await transaction.add_debtor(identity)
        await transaction.add_client(client, secret_hash(secret))
        await transaction.add_audit_entries([audit])

    await ports.store.write(operation)
    return CreatedClient(client, secret)


def _service_identity(ports: Ports, command: CreateClient) -> Debtor:
    return Debtor(
        contract_id=command.contract_id,
        id=DebtorId(ports.ids.new_id()),
        kind=DebtorKind.SERVICE_IDENTITY,
        contact=Party(full_name=command.name),
        created=ports.clock.now(),
    )
