"""What a sandbox holds from its first start: a contract, and the client of the first seed."""

from uuid import UUID

from lastschrift.domain.access import Scope, Secret
from lastschrift.domain.identity import ClientId
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.ports import Ports

DEMO_CLIENT_ID = "09ae83af7c37121b2de929b211bad944"
DEMO_CLIENT_SECRET = "9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd"
"""As the first seed document shows them ("Get Token"): public, so never good for production."""


async def add_demo(ports: Ports) -> None:
    """Open the demo contract, and give it a client that may do everything."""
    contract = await create_contract(ports, CreateContract(name="Sandbox"))
    client = CreateClient(
        contract_id=contract.id,
        name="Sandbox",
        scopes=tuple(Scope),
        has_identity=True,
        client_id=ClientId(UUID(hex=DEMO_CLIENT_ID)),
        client_secret=Secret(DEMO_CLIENT_SECRET),
    )
    await create_client(ports, client)
