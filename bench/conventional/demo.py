"""The demo client of the first seed document, so that the benchmark can ask for a token."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bench.conventional.access import hash_of
from bench.conventional.models import Client, Contract, Customer
from bench.wires import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET


async def add_demo_client(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Add the demo client, its merchant and its own customer, unless they are there."""
    async with sessions() as session:
        if await session.get(Client, DEMO_CLIENT_ID) is not None:
            return
        contract = Contract()
        session.add(contract)
        await session.flush()
        identity = Customer(contract_id=contract.id, is_service_identity=True, contact={})
        session.add(identity)
        await session.flush()
        session.add(
            Client(
                id=DEMO_CLIENT_ID,
                secret_hash=hash_of(DEMO_CLIENT_SECRET),
                contract_id=contract.id,
                identity_id=identity.id,
            )
        )
        await session.commit()
