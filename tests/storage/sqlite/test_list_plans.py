"""SQLite finds lists by the index that was chosen, and reads no more of it than it must."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import apsw
import pytest

from lastschrift.domain.identity import ContractId
from lastschrift.storage.selecting import Statement
from lastschrift.storage.sqlite.codec import SQLITE_CODEC
from lastschrift.storage.sqlite.connection import open_for_reading
from lastschrift.storage.sqlite.dialect import to_sqlite
from tests.databases import copy_empty_database
from tests.storage.asked import ASKED, statements_of

CONTRACT = ContractId(UUID(int=1))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "lastschrift.db"
    copy_empty_database(path)
    with closing(open_for_reading(path)) as opened:
        yield opened


def plan_of(connection: apsw.Connection, statement: Statement) -> list[str]:
    text = f"EXPLAIN QUERY PLAN {to_sqlite(statement.text)}"
    return [str(step) for *_, step in connection.execute(text, statement.arguments).fetchall()]


@pytest.mark.parametrize("name", ASKED)
def test_a_list_goes_by_its_index(connection: apsw.Connection, name: str) -> None:
    asked = ASKED[name]
    plan = plan_of(connection, statements_of(asked, SQLITE_CODEC, CONTRACT)["page"])
    assert f"{asked.goes_by} (contract_id=?" in plan[1], plan


@pytest.mark.parametrize("name", [name for name, asked in ASKED.items() if not asked.order])
def test_it_is_counted_by_the_same_index(connection: apsw.Connection, name: str) -> None:
    asked = ASKED[name]
    plan = plan_of(connection, statements_of(asked, SQLITE_CODEC, CONTRACT)["count"])
    assert any(f"{asked.goes_by} (contract_id=?" in step for step in plan[1:3]), plan


@pytest.mark.parametrize("name", [name for name, asked in ASKED.items() if asked.is_in_order])
def test_a_page_is_not_sorted(connection: apsw.Connection, name: str) -> None:
    plan = plan_of(connection, statements_of(ASKED[name], SQLITE_CODEC, CONTRACT)["page"])
    inner = plan[: plan.index(next(step for step in plan if step.startswith("SCAN page")))]
    assert not [step for step in inner if "TEMP B-TREE" in step], plan


@pytest.mark.parametrize("name", ["all", "a surname's beginning", "a week", "all accounts"])
@pytest.mark.parametrize("kind", ["page", "count"])
def test_what_is_not_shown_is_found_in_the_index_alone(
    connection: apsw.Connection, name: str, kind: str
) -> None:
    plan = plan_of(connection, statements_of(ASKED[name], SQLITE_CODEC, CONTRACT)[kind])
    assert "USING COVERING INDEX" in next(step for step in plan if step.startswith("SEARCH"))


def test_a_scroll_goes_on_where_it_was(connection: apsw.Connection) -> None:
    statement = statements_of(ASKED["all"], SQLITE_CODEC, CONTRACT)["stretch"]
    plan = plan_of(connection, statement)
    assert "(created,id)>(?,?)" in plan[1].replace(" ", ""), plan
