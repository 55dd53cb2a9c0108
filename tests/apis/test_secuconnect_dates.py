"""secuconnect's dates: Berlin's local time, and birth dates at their midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.apis.secuconnect.dates import (
    parse_birth_date,
    render_birth_date,
    render_instant,
)
from lastschrift.domain.refusals import DateMalformed

DAYS_WITH_STANDARD_TIME = [
    date(1893, 3, 25) + timedelta(days=number) for number in range(365 * 150)
]


@pytest.mark.parametrize(
    ("instant", "rendered"),
    [
        (datetime(2017, 11, 9, 19, 16, 13, tzinfo=UTC), "2017-11-09T20:16:13+01:00"),
        (datetime(2019, 6, 17, 12, 43, 29, 999_999, tzinfo=UTC), "2019-06-17T14:43:29+02:00"),
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "2026-03-29T01:59:59+01:00"),
        (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), "2026-03-29T03:00:00+02:00"),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), "2026-10-25T02:59:59+02:00"),
        (datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC), "2026-10-25T02:00:00+01:00"),
    ],
)
def test_an_instant_is_berlins_local_time(instant: datetime, rendered: str) -> None:
    assert render_instant(instant) == rendered


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime.fromisoformat("1970-01-01")))
def test_an_instant_stays_the_same_instant(instant: datetime) -> None:
    if instant.year < 9999:
        assert datetime.fromisoformat(render_instant(instant)) == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    ("day", "rendered"),
    [
        (date(1901, 2, 3), "1901-02-03T00:00:00+01:00"),
        (date(1985, 7, 1), "1985-07-01T00:00:00+02:00"),
        (date(1891, 2, 3), "1891-02-03T00:00:00+01:00"),
        (date(1893, 3, 31), "1893-03-31T00:00:00+01:00"),
        (date(1893, 4, 1), "1893-04-01T00:00:00+01:00"),
        (date(1, 1, 1), "0001-01-01T00:00:00+01:00"),
        (date(9999, 12, 31), "9999-12-31T00:00:00+01:00"),
    ],
)
def test_a_birth_date_is_its_midnight(day: date, rendered: str) -> None:
    assert render_birth_date(day) == rendered


def test_no_birth_date_has_an_offset_with_seconds() -> None:
    offsets = {render_birth_date(day)[19:] for day in DAYS_WITH_STANDARD_TIME}
    assert offsets == {"+01:00", "+02:00", "+03:00"}


@given(st.dates())
def test_a_birth_date_is_read_as_it_was_rendered(day: date) -> None:
    assert parse_birth_date(render_birth_date(day)) == day
    assert parse_birth_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "03.02.1901",
        "1901-2-3",
        "19010203",
        "1901-02-30",
        "0000-01-01",
        "1901-02-03 ",
        "1901-02-03T00:00:00",
        "1901-02-03T12:00:00+01:00",
        "1901-02-03T00:00:00Z",
        "١٩٠١-٠٢-٠٣",
        "1901-W05-7",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DateMalformed):
        parse_birth_date(text)
