"""What a column holds, read back, is what was put in."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.party import Address, Party
from lastschrift.domain.refusals import ValueRefused
from lastschrift.domain.text import clean_text
from lastschrift.storage.postgres.codec import POSTGRES_CODEC
from tests.postgres import shared_postgres

ThroughAColumn = Callable[[str, object], Any]
"""Puts a value into a column of a type, and returns what is read from it."""


@pytest.fixture(scope="module")
def through_a_column() -> Iterator[ThroughAColumn]:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(shared_postgres().url("postgres")))

        def put_and_get(kind: str, value: object) -> Any:  # noqa: ANN401  # what was put in
            kept = f"INSERT INTO {kind}_kept VALUES ($1) RETURNING c"
            return runner.run(connection.fetchval(kept, value))

        for kind in ("uuid", "timestamptz", "jsonb"):
            table = f"CREATE TEMPORARY TABLE {kind}_kept (c {kind} NOT NULL)"
            runner.run(connection.execute(table))
        yield put_and_get
        runner.run(connection.close())


# --- ids and instants -----------------------------------------------------------------------------

INSTANTS = st.timedeltas(timedelta(days=-600_000), timedelta(days=2_900_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)


@given(st.uuids())
def test_an_id_comes_back(through_a_column: ThroughAColumn, key: UUID) -> None:
    kept = POSTGRES_CODEC.get_id(through_a_column("uuid", POSTGRES_CODEC.put_id(key)))
    assert kept == key
    assert isinstance(kept, UUID)
    assert hash(kept) == hash(key)


@given(INSTANTS)
def test_an_instant_comes_back_to_the_microsecond(
    through_a_column: ThroughAColumn, instant: datetime
) -> None:
    kept = through_a_column("timestamptz", POSTGRES_CODEC.put_instant(instant))
    assert POSTGRES_CODEC.get_instant(kept) == instant


@given(INSTANTS, st.integers(-14, 14))
def test_an_instant_is_the_same_in_any_zone_and_comes_back_in_utc(
    through_a_column: ThroughAColumn, instant: datetime, hours: int
) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(hours=hours)))
    kept = through_a_column("timestamptz", POSTGRES_CODEC.put_instant(elsewhere))
    assert POSTGRES_CODEC.get_instant(kept) == instant
    assert POSTGRES_CODEC.get_instant(kept).utcoffset() == timedelta(0)


# --- JSON -----------------------------------------------------------------------------------------


def is_clean(text: str) -> bool:
    try:
        return clean_text(text, characters_max=255) == text
    except ValueRefused:
        return False


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40).filter(is_clean)
"""Whatever the domain lets through, in any script: as `clean_text` leaves it."""

MAYBE = st.none() | TEXTS
ADDRESSES = st.builds(
    Address,
    **dict.fromkeys(("street", "building_number", "post_code", "town", "country"), MAYBE),
)
PARTIES = st.builds(
    Party,
    given_name=MAYBE,
    family_name=MAYBE,
    company=MAYBE,
    birth_date=st.none() | st.dates(),
    address=st.none() | ADDRESSES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)


@given(PARTIES)
def test_a_party_comes_back(through_a_column: ThroughAColumn, party: Party) -> None:
    kept = through_a_column("jsonb", POSTGRES_CODEC.put_json(party))
    assert msgspec.convert(POSTGRES_CODEC.get_json(kept), Party) == party


@given(JSON)
def test_json_comes_back(through_a_column: ThroughAColumn, value: object) -> None:
    kept = through_a_column("jsonb", POSTGRES_CODEC.put_json(value))
    assert POSTGRES_CODEC.get_json(kept) == value


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "\udfff\ud800"])
def test_what_postgresql_cannot_hold_is_refused_by_the_domain(text: str) -> None:
    with pytest.raises(ValueRefused):
        clean_text(text, characters_max=255)


def test_a_day_of_the_first_year_comes_back(through_a_column: ThroughAColumn) -> None:
    party = Party(birth_date=date(1, 1, 1))
    kept = through_a_column("jsonb", POSTGRES_CODEC.put_json(party))
    assert msgspec.convert(POSTGRES_CODEC.get_json(kept), Party) == party
