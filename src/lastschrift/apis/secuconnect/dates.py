"""secuconnect's dates: local time in Europe/Berlin with its offset, no fraction of a second.

A birth date is that day's local midnight. Before Berlin had a standard time (1 April 1893) the
offset is +01:00, as ISO 8601 has no place for the seconds of local mean time (`assumed`).
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from lastschrift.domain.refusals import DateMalformed

_BERLIN = ZoneInfo("Europe/Berlin")
_STANDARD_TIME_SINCE = date(1893, 4, 1)
"""Its first midnight too: zone data has it 6 minutes and 32 seconds before the clocks were set."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY_S = 86_400
_ONE_HOUR = timezone(timedelta(hours=1))
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T00:00:00[+-]\d{2}:\d{2})?", re.ASCII)

_SPAN = re.compile(
    r"(?P<year>\d{4})-\d{2}-\d{2}(?P<time>T\d{2}:\d{2}:\d{2}(?:Z|[+ -]\d{2}:\d{2}))?", re.ASCII
)
_YEAR_MIN, _YEAR_MAX = 1000, 9998
"""No offset takes an instant of these years out of what can be counted."""


def render_instant(instant: datetime) -> str:
    """Return an instant as ``2017-11-09T20:16:13+01:00``."""
    since = instant - _EPOCH
    return _render_second(since.days * _DAY_S + since.seconds)


@lru_cache(maxsize=64)
def _render_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, _BERLIN).isoformat()


def render_birth_date(day: date) -> str:
    """Return a day's midnight as ``1901-02-03T00:00:00+01:00``."""
    zone = _ONE_HOUR if day <= _STANDARD_TIME_SINCE else _BERLIN
    return datetime(day.year, day.month, day.day, tzinfo=zone).isoformat()


def parse_birth_date(text: str) -> date:
    """Read ``YYYY-MM-DD``, or what `render_birth_date` writes.

    Raises: DateMalformed.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise DateMalformed
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        raise DateMalformed from None


def parse_span(text: str) -> tuple[datetime, datetime]:
    """Return the first instant of a day, or of a second, and the first one behind it.

    A day is Berlin's. Of a time's offset, a plus sign may have become a blank on the way: that is
    what form encoding makes of it.

    Raises: DateMalformed.
    """
    match = _SPAN.fullmatch(text)
    if match is None or not _YEAR_MIN <= int(match["year"]) <= _YEAR_MAX:
        raise DateMalformed
    try:
        if match["time"] is None:
            day = date.fromisoformat(text)
            return _midnight(day), _midnight(day + timedelta(days=1))
        since = datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC)
    except ValueError:
        raise DateMalformed from None
    return since, since + _SECOND


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_BERLIN).astimezone(UTC)
