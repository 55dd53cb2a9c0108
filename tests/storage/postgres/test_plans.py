"""Every statement finds its rows by the right index, whatever PostgreSQL knows of the tables.

It knows most when they are full and analysed; less of a new database under load, or after a copy;
and a plan that was made when they were empty is kept until they are analysed.
"""

import asyncio
import re
from types import ModuleType

import pytest

from lastschrift.storage.postgres import adding, adding_debtors, batch
from lastschrift.storage.postgres.connecting import Connection, Primary
from lastschrift.storage.statements import all_statements
from tests.postgres import shared_postgres

CONTRACTS = 2_000
BUSY_CONTRACTS = 20
DEBTORS = 5_000
ACCOUNTS = 10_000

FILL = (
    f"""
    INSERT INTO contract SELECT md5('contract' || n)::uuid, 'Example Inc.', now()
    FROM generate_series(1, {CONTRACTS}) n
    """,
    "INSERT INTO contract_key SELECT id, 'data', 1, 1, '', now() FROM contract",
    "INSERT INTO client SELECT gen_random_uuid(), id, 'shop', '', '', NULL, now() FROM contract",
    """
    INSERT INTO access_token
    SELECT sha256((n::text || c.id)::bytea), c.contract_id, c.id, '', now(),
           now() + n * interval '1 second'
    FROM generate_series(1, 5) n, client c
    """,
    f"""
    INSERT INTO debtor (contract_id, id, kind, contact, created)
    SELECT md5('contract' || 1 + n % {BUSY_CONTRACTS})::uuid, md5('debtor' || n)::uuid, 'customer',
           '{{}}', now() + n * interval '1 second'
    FROM generate_series(1, {DEBTORS}) n
    """,
    f"""
    INSERT INTO bank_account (contract_id, id, debtor_id, fingerprint, iban_sealed, created)
    SELECT d.contract_id, gen_random_uuid(), d.id, sha256(n::text::bytea), sha256(n::text::bytea),
           now() + n * interval '1 second'
    FROM generate_series(1, {ACCOUNTS}) n
    JOIN debtor d ON d.id = md5('debtor' || 1 + n % {DEBTORS})::uuid
    """,
    """
    INSERT INTO idempotency_key
    SELECT contract_id, 'secuconnect.customers', fingerprint, '', '', created, created
    FROM bank_account
    """,
    "INSERT INTO audit_entry SELECT contract_id, id, 1, now(), NULL, '', id FROM bank_account",
    "INSERT INTO identity SELECT contract_id, 'issuer', id::text, id, now() FROM debtor",
)

READ_WHOLE = {
    *("access.CONTRACTS", "access.CLIENTS", "erasure.CLIENTS_SERVED"),
    "installation.INSTALLATION_KIND",
    *("erasure.ERASURE_MARKS", "erasure.COUNT_ERASURE", "erasure.MARK_PURGED", "erasure.TOUCH"),
}
"""What reads a whole table, in which no more than some thousand rows are expected."""


def _constants(module: ModuleType) -> dict[str, str]:
    return {
        name: text
        for name, text in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str)
    }


STATEMENTS = {
    **all_statements(),
    **_constants(batch),
    **_constants(adding_debtors),
    "add_all_sql": adding.add_all_sql(16),
    "add_all_sql, keyed": adding.add_all_sql(16, has_keys=True),
}


def planned(fill: tuple[str, ...], texts: dict[str, str]) -> dict[str, str]:
    """Return how the server goes about each statement, on a connection like those of the store."""
    server = shared_postgres()
    url = server.create_migrated()

    async def plan_all() -> dict[str, str]:
        connection = await Primary(url).connect()
        try:
            for statement in fill:
                await connection.execute(statement)
            return {name: await plan_of(connection, text) for name, text in texts.items()}
        finally:
            await connection.close()

    try:
        return asyncio.run(plan_all())
    finally:
        server.drop_database(url)


async def plan_of(connection: Connection, statement: str) -> str:
    count = max(map(int, re.findall(r"\$(\d+)", statement)), default=0)
    arguments = f"({', '.join(['NULL'] * count)})" if count else ""
    await connection.execute(f"PREPARE planned AS {statement}")
    rows = await connection.fetch(f"EXPLAIN EXECUTE planned{arguments}")
    await connection.execute("DEALLOCATE planned")
    return "\n".join(line for (line,) in rows)


STATES = {"full and analysed": (*FILL, "ANALYZE"), "full": FILL, "empty": ()}


@pytest.fixture(scope="module", params=STATES)
def plans(request: pytest.FixtureRequest) -> dict[str, str]:
    return planned(STATES[request.param], STATEMENTS)


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - READ_WHOLE))
def test_no_table_is_read_from_end_to_end(name: str, plans: dict[str, str]) -> None:
    assert reads_whole(plans[name]) == []


def reads_whole(plan: str) -> list[str]:
    """Return the steps of a plan that read a whole table, or a whole index."""
    steps = plan.splitlines()
    return [
        step.strip()
        for step, detail in zip(steps, [*steps[1:], ""], strict=True)
        if "Seq Scan" in step or ("Index" in step and " Scan" in step and not is_narrowed(detail))
    ]


def is_narrowed(detail: str) -> bool:
    """Whether an index is entered by its first column: that is one of these in each of ours."""
    return re.search(r"Index Cond: .*\b(contract_id|id|token_hash|expires) ", detail) is not None


@pytest.mark.parametrize("name", STATEMENTS)
def test_only_a_list_goes_by_the_index_of_a_list(name: str, plans: dict[str, str]) -> None:
    if "< 'infinity'" not in STATEMENTS[name]:
        assert re.findall(r"\b\w+_by_\w+", plans[name]) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM debtor WHERE created = $1::timestamptz",
        "SELECT FROM client WHERE name = $1::text",
        "SELECT FROM bank_account WHERE created = $1::timestamptz AND deleted IS NULL",
        "SELECT FROM bank_account WHERE fingerprint = $1::bytea AND deleted IS NULL",
    ],
)
def test_a_statement_without_an_index_is_noticed(text: str) -> None:
    (plan,) = planned((), {"it": text}).values()
    assert reads_whole(plan) != []
