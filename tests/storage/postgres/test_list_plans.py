"""PostgreSQL finds lists by the index that was chosen, whatever it knows of the tables."""

import asyncio
import re
from uuid import UUID

import pytest

from lastschrift.domain.identity import ContractId
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from lastschrift.storage.postgres.connecting import Connection, Primary
from lastschrift.storage.postgres.engine import _SEARCHING
from lastschrift.storage.selecting import Statement
from tests.postgres import shared_postgres
from tests.storage.asked import ASKED, BY_KEY, AskedList, statements_of
from tests.storage.postgres.test_plans import STATES

CONTRACT = ContractId(UUID("0d7e2e25-4ad0-7ab4-8b5a-1f8c2b9b5c11"))

Plans = dict[tuple[str, str], str]


async def explained(connection: Connection, statement: Statement) -> str:
    async with connection.transaction():
        await connection.execute(_SEARCHING)
        rows = await connection.fetch(f"EXPLAIN {statement.text}", *statement.arguments)
    return "\n".join(line for (line,) in rows)


@pytest.fixture(scope="module", params=STATES)
def plans(request: pytest.FixtureRequest) -> Plans:
    server = shared_postgres()
    url = server.create_migrated()

    async def plan_all() -> Plans:
        connection = await Primary(url).connect()
        try:
            for statement in STATES[request.param]:
                await connection.execute(statement)
            contract = await connection.fetchval("SELECT contract_id FROM debtor LIMIT 1")
            return {
                (name, kind): await explained(connection, statement)
                for name, asked in ASKED.items()
                for kind, statement in statements_of(
                    asked, POSTGRES_CODEC, contract or CONTRACT
                ).items()
            }
        finally:
            await connection.close()

    try:
        return asyncio.run(plan_all())
    finally:
        server.drop_database(url)


IN_ORDER = [name for name, asked in ASKED.items() if asked.is_in_order]
NARROWED = [name for name, asked in ASKED.items() if not asked.goes_by.endswith("_by_creation")]
"""What has an index that leaves little; where nothing is left out, the key's does as well."""


def goes_by(asked: AskedList, plan: str) -> bool:
    """Whether a plan enters the index that was chosen; for a key, any one by the key's columns."""
    if asked.goes_by == BY_KEY:
        return re.search(r"Index Cond: .*\b(contract_id|id) = ", plan) is not None
    return f"using {asked.goes_by_in_postgres or asked.goes_by} on" in plan


@pytest.mark.parametrize("name", sorted({*NARROWED, *IN_ORDER}))
def test_a_list_goes_by_its_index(name: str, plans: Plans) -> None:
    assert goes_by(ASKED[name], plans[name, "page"]), plans[name, "page"]


@pytest.mark.parametrize("name", [name for name in NARROWED if not ASKED[name].order])
def test_it_is_counted_by_the_same_index(name: str, plans: Plans) -> None:
    assert goes_by(ASKED[name], plans[name, "count"]), plans[name, "count"]


def test_nothing_is_read_from_end_to_end(plans: Plans) -> None:
    assert not [key for key, plan in plans.items() if "Seq Scan" in plan]


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_page_is_not_sorted(name: str, plans: Plans) -> None:
    limited = plans[name, "page"].partition("Limit")[2].partition("Index Scan using")[0]
    assert "Sort" not in limited, plans[name, "page"]
