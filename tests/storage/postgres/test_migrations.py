"""Schemas: made fresh, brought forward, and told by name where they don't fit."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from lastschrift.storage.postgres import migrations
from lastschrift.storage.postgres.connecting import Connection
from lastschrift.storage.postgres.installation import PostgresInstallation
from lastschrift.storage.postgres.migrations import (
    check_schema,
    lock_schema,
    migrate,
    newest_schema,
    schema_of,
    unlock_schema,
)
from lastschrift.storage.postgres.store import PostgresStore
from lastschrift.storage.schema import (
    Migration,
    NotOurDatabase,
    SchemaTooNew,
    SchemaTooOld,
    migrations_in,
)
from lastschrift.storage.sqlite import migrations as sqlite_migrations
from tests.audit.trails import verified

pytestmark = pytest.mark.anyio

OURS = "COMMENT ON TABLE schema_version IS 'Lastschrift'"


@pytest.fixture
async def connection(empty_url: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(empty_url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(empty_url: str) -> AsyncIterator[Connection]:
    """Return another connection to the same database."""
    opened = await asyncpg.connect(empty_url)
    yield opened
    await opened.close()


async def tables(connection: Connection) -> set[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


async def test_a_fresh_database_gets_every_script(connection: Connection) -> None:
    applied = await migrate(connection)
    assert [int(name[:4]) for name in applied] == list(range(1, newest_schema() + 1))
    await check_schema(connection)
    assert "bank_account" in await tables(connection)


async def test_a_second_time_there_is_nothing_to_do(connection: Connection) -> None:
    await migrate(connection)
    assert await migrate(connection) == []


async def test_an_empty_database_is_too_old(connection: Connection) -> None:
    with pytest.raises(SchemaTooOld, match="lastschrift migrate") as refusal:
        await check_schema(connection)
    assert (refusal.value.found, refusal.value.needed) == (0, newest_schema())


async def test_a_newer_database_is_refused(connection: Connection) -> None:
    await migrate(connection)
    await connection.execute("INSERT INTO schema_version VALUES (4711, 'newer')")
    with pytest.raises(SchemaTooNew, match="newer"):
        await migrate(connection)
    with pytest.raises(SchemaTooNew):
        await check_schema(connection)


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE schema_version (number integer)",
        "CREATE TABLE schema_version (number text); INSERT INTO schema_version VALUES ('ours')",
        "CREATE TABLE schema_version (n integer); COMMENT ON TABLE schema_version IS 'theirs'",
        f"CREATE TABLE theirs (a integer); CREATE TABLE schema_version (b integer); {OURS[:-1]}!'",
        "CREATE TABLE theirs (a integer)",
        "CREATE TABLE theirs (a integer) PARTITION BY LIST (a)",
        "CREATE VIEW theirs AS SELECT 1 AS a",
        "CREATE MATERIALIZED VIEW theirs AS SELECT 1 AS a",
    ],
)
async def test_another_programs_database_is_left_alone(connection: Connection, script: str) -> None:
    await connection.execute(script)
    before = await tables(connection)
    with pytest.raises(NotOurDatabase):
        await migrate(connection)
    with pytest.raises(NotOurDatabase):
        await check_schema(connection)
    assert await tables(connection) == before


async def test_beside_another_program_there_is_room_in_a_schema_of_our_own(
    connection: Connection,
) -> None:
    await connection.execute("CREATE TABLE schema_version (theirs text)")
    await connection.execute("CREATE SCHEMA lastschrift; SET search_path = lastschrift, public")
    await migrate(connection)
    await check_schema(connection)
    assert await tables(connection) == {"schema_version"}


async def test_what_belongs_to_an_extension_is_nobody_s(connection: Connection) -> None:
    await connection.execute("CREATE TABLE list_of_theirs (a integer)")
    await connection.execute("ALTER EXTENSION plpgsql ADD TABLE list_of_theirs")
    assert len(await migrate(connection)) == newest_schema()


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE first (a integer); CREATE TABLE second (a integer",
        "CREATE TABLE first (a integer); INSERT INTO nowhere VALUES (1)",
        "CREATE TABLE first (a nothing)",
        "CREATE TABLE first (a integer); SELECT 1 / 0",
    ],
)
async def test_a_script_that_breaks_off_leaves_nothing(connection: Connection, script: str) -> None:
    await migrate(connection)
    before = await tables(connection)
    with pytest.raises((asyncpg.PostgresSyntaxError, asyncpg.PostgresError)):
        await migrations._apply(connection, Migration(newest_schema() + 1, "broken", script))
    assert await tables(connection) == before
    assert await schema_of(connection) == newest_schema()
    assert not connection.is_in_transaction()


async def test_who_comes_second_waits_and_finds_nothing_to_do(
    connection: Connection, other: Connection
) -> None:
    await lock_schema(connection)
    waiting = asyncio.create_task(migrate(other))
    await until_waiting(connection)
    assert await migrate(connection) != []
    assert not waiting.done()
    await unlock_schema(connection)
    assert await waiting == []


async def until_waiting(connection: Connection) -> None:
    """Return once somebody waits for the lock on the schema."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(10):
        while not await connection.fetchval(waiting):  # noqa: ASYNC110  # another process tells
            await asyncio.sleep(0.005)


async def test_of_two_at_once_one_does_it_and_both_end_well(
    connection: Connection, other: Connection
) -> None:
    applied = await asyncio.gather(migrate(connection), migrate(other))
    assert sorted(map(len, applied)) == [0, newest_schema()]
    assert await schema_of(connection) == newest_schema()


async def test_who_is_cut_off_while_migrating_keeps_nobody_waiting(
    connection: Connection, other: Connection
) -> None:
    await lock_schema(connection)
    connection.terminate()
    async with asyncio.timeout(10):
        assert len(await migrate(other)) == newest_schema()


async def test_a_store_does_not_open_an_old_schema(empty_url: str) -> None:
    with pytest.raises(SchemaTooOld):
        async with PostgresStore.open(empty_url):
            pass


def test_steps_have_the_same_numbers_and_names_on_every_engine() -> None:
    names = [
        [step.name for step in migrations_in(module.__name__).values()]
        for module in (migrations, sqlite_migrations)
    ]
    assert names[0] == names[1]


OF_SCHEMA_2 = """
INSERT INTO contract VALUES (md5('1')::uuid, 'Example Inc.', now());
INSERT INTO debtor VALUES
    (md5('1')::uuid, md5('2')::uuid, 'customer', '{"family_name": "Doe"}', now(), NULL),
    (md5('1')::uuid, md5('3')::uuid, 'service_identity', '{}', now(), now());
INSERT INTO client VALUES
    (md5('4')::uuid, md5('1')::uuid, 'shop', '', '', md5('3')::uuid, now(), NULL);
INSERT INTO bank_account (contract_id, id, debtor_id, created)
VALUES (md5('1')::uuid, md5('5')::uuid, md5('2')::uuid, now());
"""


async def test_what_was_kept_in_an_older_schema_is_there_after_all_steps(
    connection: Connection,
) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:2]:
        await migrations._apply(connection, step)
    await connection.execute(OF_SCHEMA_2)
    kept = "SELECT id, kind, contact, created, updated FROM debtor ORDER BY id"
    before = await connection.fetch(kept)
    await migrate(connection)
    assert await connection.fetch(kept) == before
    assert await connection.fetchval("SELECT count(*) FROM debtor WHERE deleted IS NULL") == 2
    await connection.execute("UPDATE debtor SET kind = 'user'")


async def test_what_was_kept_before_is_folded(connection: Connection) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:3]:
        await migrations._apply(connection, step)
    await connection.execute(
        """
        INSERT INTO contract (id, name, created) VALUES (md5('1')::uuid, '', now());
        INSERT INTO debtor (contract_id, id, kind, contact, created)
        SELECT md5('1')::uuid, md5(n::text)::uuid, 'customer', '{"family_name": "Groß"}', now()
        FROM generate_series(1, 9) n;
        INSERT INTO bank_account (contract_id, id, owner, created)
        VALUES (md5('1')::uuid, md5('5')::uuid, 'ÄÖ', now());
        """
    )
    await migrate(connection)
    rows = await connection.fetch("SELECT folded_family_name, folded_contact::text FROM debtor")
    assert [tuple(row) for row in rows] == [("gross", '{"full_name": "gross"}')] * 9
    assert await connection.fetchval("SELECT folded_owner FROM bank_account") == "äö"


async def test_what_was_written_down_before_is_chained_as_of_then(
    connection: Connection, empty_url: str
) -> None:
    for step in list(migrations_in(migrations.__name__).values())[:5]:
        await migrations._apply(connection, step)
    await connection.execute(
        """
        INSERT INTO audit_entry
        SELECT md5(n::text)::uuid, md5((n % 2)::text)::uuid, s, now(), NULL, 'made', md5('7')::uuid
        FROM generate_series(1, 3) n, unnest(ARRAY[1, 2, 5]) s
        """
    )
    await migrate(connection)
    database = PostgresInstallation(empty_url, empty_url)
    found = await verified(database)
    assert (found.entries, found.chains, found.faults) == (9, 3, [])
    await connection.execute(
        """
        ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays;
        DELETE FROM audit_entry WHERE sequence = 2 AND writer = md5('1')::uuid
        """
    )
    assert (await verified(database)).faults_total == 2
