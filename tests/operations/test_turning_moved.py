"""A database that is copied while a fingerprint key is turned goes on where it was."""

import asyncio
from pathlib import Path

import pytest
from msgspec import structs

from lastschrift.storage.copying import copy_database
from lastschrift.storage.sqlite.connection import open_for_writing
from lastschrift.storage.sqlite.installation import SqliteInstallation
from tests.databases import ENGINES, copy_empty_database
from tests.house import open_house
from tests.operations.town import Town, server_of
from tests.storage.copying.copies import Database, empty_database, ignore

STAGES = ("announced", "renewed", "complete", "fading")


async def turn_up_to(town: Town, stage: str) -> None:
    """Turn the key up to a stage; before each, another account is registered."""
    for number, reached in enumerate(STAGES):
        await town.register(0, 0, number)
        await town.repeat(1, number)
        match reached:
            case "announced":
                await town.begin()
            case "renewed":
                await town.renew(1, 2)
            case "complete":
                town.house.clock.advance(80)
                await town.renew(1, 2)
                await town.complete()
            case _:
                town.house.clock.advance(80)
        if reached == stage:
            return


async def go_on(before: Town, database: Database) -> None:
    """Found the same town on another database, and turn the key to the end there."""
    async with open_house(database) as house:
        house.clock.set(before.house.clock.now())
        house.ports = structs.replace(house.ports, ids=before.house.ports.ids)
        town = Town(house, before.contract, [server_of(house), server_of(house)], before.payers)
        town.held, town.results = before.held, before.results
        is_over = False
        while not is_over:
            for number in range(len(STAGES)):
                await town.register(1, 0, number)
                await town.find(0, number)
                await town.repeat(0, number)
            is_over = await town.go_on()
            house.clock.advance(20)
        assert town.failures == []
        assert not any(kept.odd for kept in await town.kept())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stage", STAGES)
def test_a_copy_of_it_is_turned_to_the_end(stage: str, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "lastschrift.db"
    copy_empty_database(path)
    connection = open_for_writing(path)
    connection.execute("INSERT INTO installation (only_row, kind) VALUES (1, 'production')")
    connection.close()
    source = SqliteInstallation(path)

    async def turned_and_copied(target: Database) -> Town:
        async with open_house(source) as house:
            town = await Town.found(house, servers=2)
            await turn_up_to(town, stage)
        await copy_database(source, target, ignore)
        return town

    with empty_database(engine, tmp_path) as target:
        town = asyncio.run(turned_and_copied(target))
        asyncio.run(go_on(town, target))
