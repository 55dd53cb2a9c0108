"""What a column holds, read back, is what was put in."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import apsw
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.storage.sqlite.codec import SQLITE_CODEC

INSTANTS = st.timedeltas(timedelta(days=-600_000), timedelta(days=2_900_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)


def through_a_column(kind: str, value: object) -> object:
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE t (c {kind} NOT NULL) STRICT")
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    ((kept,),) = connection.execute("SELECT c FROM t").fetchall()
    return kept


@given(st.uuids())
def test_an_id_comes_back(key: UUID) -> None:
    assert SQLITE_CODEC.get_id(through_a_column("BLOB", SQLITE_CODEC.put_id(key))) == key


@given(INSTANTS)
def test_an_instant_comes_back_to_the_microsecond(instant: datetime) -> None:
    kept = through_a_column("INTEGER", SQLITE_CODEC.put_instant(instant))
    assert SQLITE_CODEC.get_instant(kept) == instant


@given(INSTANTS, st.integers(-14, 14))
def test_an_instant_is_the_same_in_any_zone(instant: datetime, hours: int) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(hours=hours)))
    assert SQLITE_CODEC.put_instant(elsewhere) == SQLITE_CODEC.put_instant(instant)


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_they_passed(one: datetime, other: datetime) -> None:
    assert (one < other) == (SQLITE_CODEC.put_instant(one) < SQLITE_CODEC.put_instant(other))


@given(JSON)
def test_json_comes_back(value: object) -> None:
    kept = through_a_column("TEXT", SQLITE_CODEC.put_json(value))
    assert SQLITE_CODEC.get_json(kept) == value
